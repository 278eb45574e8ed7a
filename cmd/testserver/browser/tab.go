package browser

// A page in the browser: opened, asked, typed into, looked at; and what it did that
// a page of data must not do.

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Tab is one page.
type Tab struct {
	t       testing.TB
	b       *Browser
	session string

	mu sync.Mutex
	// trouble is what went wrong in the page: errors, and what its policy refused;
	// requests is what it asked for, but for itself.
	trouble, requests []string
	url               string
	loaded            chan struct{}
}

// Size of the window, in CSS pixels.
const (
	Width  = 1280
	Height = 800
)

// Open opens an address and waits until it is loaded; with scripts false, without JavaScript.
func (b *Browser) Open(t testing.TB, url string, scripts bool) *Tab {
	t.Helper()
	tab := &Tab{t: t, b: b, url: url, loaded: make(chan struct{}, 8)}
	var made struct{ TargetID string }
	tab.get(&made, "Target.createTarget", map[string]any{"url": "about:blank"})
	var attached struct{ SessionID string }
	tab.get(&attached, "Target.attachToTarget", map[string]any{"targetId": made.TargetID, "flatten": true})
	tab.session = attached.SessionID
	b.mu.Lock()
	b.tabs[tab.session] = tab
	b.mu.Unlock()
	for _, domain := range []string{"Page", "Network", "Runtime", "Log"} {
		tab.do(domain+".enable", nil)
	}
	tab.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": Width, "height": Height, "deviceScaleFactor": 1, "mobile": false})
	if !scripts {
		tab.do("Emulation.setScriptExecutionDisabled", map[string]any{"value": true})
	}
	tab.Go(url)
	return tab
}

// Go leads the tab to an address, and waits until it is loaded.
func (tab *Tab) Go(url string) {
	tab.t.Helper()
	tab.mu.Lock()
	tab.url = url
	tab.mu.Unlock()
	for len(tab.loaded) > 0 {
		<-tab.loaded
	}
	tab.do("Page.navigate", map[string]any{"url": url})
	select {
	case <-tab.loaded:
	case <-time.After(limit):
		tab.t.Fatalf("%s was not loaded after %s", url, limit)
	}
}

// event is what the page did.
func (tab *Tab) event(method string, params json.RawMessage) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch method {
	case "Page.loadEventFired":
		select {
		case tab.loaded <- struct{}{}:
		default:
		}
	case "Network.requestWillBeSent":
		var e struct{ Request struct{ URL string } }
		if json.Unmarshal(params, &e) == nil && e.Request.URL != strings.SplitN(tab.url, "#", 2)[0] && !strings.HasPrefix(e.Request.URL, "data:") {
			tab.requests = append(tab.requests, e.Request.URL)
		}
	case "Runtime.exceptionThrown", "Page.javascriptDialogOpening":
		tab.trouble = append(tab.trouble, method+" "+string(params))
	case "Runtime.consoleAPICalled", "Log.entryAdded": // what a policy refuses is there, too
		tab.trouble = append(tab.trouble, method+" "+string(params))
	}
}

// Trouble is what went wrong and what was asked for since the page was opened, or
// since this was asked the last time.
func (tab *Tab) Trouble() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	out := slices.Concat(tab.trouble, tab.requests)
	tab.trouble, tab.requests = nil, nil
	return out
}

func (tab *Tab) do(method string, params any) json.RawMessage {
	tab.t.Helper()
	result, err := tab.b.send(tab.session, method, params)
	if err != nil {
		tab.t.Fatal(err)
	}
	return result
}

func (tab *Tab) get(into any, method string, params any) {
	tab.t.Helper()
	if err := json.Unmarshal(tab.do(method, params), into); err != nil {
		tab.t.Fatalf("%s: %v", method, err)
	}
}

// Eval evaluates an expression in the page, waits for it when it is a promise, and
// puts what it gives into a value.
func (tab *Tab) Eval(expression string, into any) {
	tab.t.Helper()
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	tab.get(&got, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true})
	if got.ExceptionDetails != nil {
		tab.t.Fatalf("%s: %s", expression, got.ExceptionDetails)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(got.Result.Value, into); err != nil {
		tab.t.Fatalf("%s: %v in %s", expression, err, got.Result.Value)
	}
}

// Text is what an expression gives, as a text.
func (tab *Tab) Text(expression string) (out string) {
	tab.t.Helper()
	tab.Eval("String("+expression+")", &out)
	return out
}

// Wait waits until an expression is true.
func (tab *Tab) Wait(expression string) {
	tab.t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		var is bool
		if tab.Eval("Boolean("+expression+")", &is); is {
			return
		}
		if time.Now().After(deadline) {
			tab.t.Fatalf("never: %s", expression)
		}
	}
}

// Choose gives a file input, by an expression, files or folders of the disk, as its
// dialogue would.
func (tab *Tab) Choose(expression string, paths ...string) {
	tab.t.Helper()
	var got struct{ Result struct{ ObjectID string } }
	tab.get(&got, "Runtime.evaluate", map[string]any{"expression": expression})
	tab.do("DOM.setFileInputFiles", map[string]any{"files": paths, "objectId": got.Result.ObjectID})
}

// Drop drags files or folders of the disk to a place of the page, and drops them.
func (tab *Tab) Drop(x, y float64, paths ...string) {
	tab.t.Helper()
	for _, kind := range []string{"dragEnter", "dragOver", "drop"} {
		tab.do("Input.dispatchDragEvent", map[string]any{"type": kind, "x": x, "y": y, "data": map[string]any{"items": []any{}, "files": paths, "dragOperationsMask": 1}})
	}
}

// Press presses keys by their names: "j", "ArrowDown", "Enter", "/".
func (tab *Tab) Press(keys ...string) {
	tab.t.Helper()
	codes := map[string]int{"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39, "End": 35, "Home": 36, "PageDown": 34, "PageUp": 33, " ": 32, "Delete": 46}
	for _, key := range keys {
		params := map[string]any{"type": "keyDown", "key": key, "windowsVirtualKeyCode": codes[key]}
		switch key {
		case "Enter":
			params["text"] = "\r"
		default:
			if len([]rune(key)) == 1 {
				params["text"] = key
			}
		}
		tab.do("Input.dispatchKeyEvent", params)
		tab.do("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "windowsVirtualKeyCode": codes[key]})
	}
}

// Type types a text.
func (tab *Tab) Type(text string) {
	tab.t.Helper()
	for _, r := range text {
		tab.Press(string(r))
	}
}

// Hover moves the pointer to a place, in CSS pixels of the window.
func (tab *Tab) Hover(x, y float64) {
	tab.t.Helper()
	tab.do("Input.dispatchMouseEvent", map[string]any{"type": "mouseMoved", "x": x, "y": y})
}

// Metrics are the sums that the browser keeps of what the page cost, by its names: seconds
// of its thread's processor time in "ScriptDuration", "LayoutDuration", "RecalcStyleDuration", "TaskDuration", numbers in
// "LayoutCount", "Nodes" (https://chromedevtools.github.io/devtools-protocol/tot/Performance/#method-getMetrics).
func (tab *Tab) Metrics() map[string]float64 {
	tab.t.Helper()
	tab.do("Performance.enable", map[string]any{"timeDomain": "threadTicks"})
	var got struct {
		Metrics []struct {
			Name  string
			Value float64
		}
	}
	tab.get(&got, "Performance.getMetrics", nil)
	out := map[string]float64{}
	for _, m := range got.Metrics {
		out[m.Name] = m.Value
	}
	return out
}

// Look sets what the page is shown with: "light" or "dark", "screen" or "print".
func (tab *Tab) Look(scheme, medium string) {
	tab.t.Helper()
	tab.do("Emulation.setEmulatedMedia", map[string]any{"media": medium, "features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}}})
}

// Screenshot is what is seen, as a PNG.
func (tab *Tab) Screenshot() []byte {
	tab.t.Helper()
	return tab.data("Page.captureScreenshot", map[string]any{"format": "png"})
}

// PDF is what is printed.
func (tab *Tab) PDF() []byte {
	tab.t.Helper()
	return tab.data("Page.printToPDF", map[string]any{"printBackground": true})
}

func (tab *Tab) data(method string, params any) []byte {
	tab.t.Helper()
	var got struct{ Data string }
	tab.get(&got, method, params)
	out, err := base64.StdEncoding.DecodeString(got.Data)
	if err != nil {
		tab.t.Fatal(err)
	}
	return out
}
