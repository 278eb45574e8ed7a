package serve

// The page in a browser, answered by the program and by the WebAssembly: that every
// example comes to what the command line gives, that a mistake is said while it is typed,
// and that nothing of a document is more than text.

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/playground"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
	"github.com/hayone1/mongocd/cmd/testserver/browser"
	"github.com/hayone1/mongocd/codegen/cases/hostile"
	"github.com/hayone1/mongocd/examples"
	"github.com/hayone1/mongocd/runtime/doc"
)

const root = "../../../../.."

// commandLine builds mongocd.
func commandLine(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "mongocd")
	cmd := exec.Command("go", "build", "-trimpath", "-o", out, "./cmd/mongocd")
	cmd.Dir = root
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return out
}

// listen serves until the test ends, and returns the origin.
func listen(t *testing.T, h func(host string) http.Handler) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx, listener, h(listener.Addr().String())) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String() + "/"
}

// program is the address of a page that a program answers.
func program(t *testing.T, o playground.Options) string {
	if o.Program == "" {
		o.Program = version.Program()
	}
	o.Log = t.Output()
	return listen(t, func(host string) http.Handler { return Handler(host, "secret", o) }) + "secret/"
}

// The most bytes of the WebAssembly: as it is, with gzip as `make playground` serves it,
// and with brotli for comparison.
const (
	mostWASM   = 25_500_000
	mostGzip   = 5_800_000
	mostBrotli = 4_600_000
)

// static is the address of a static page, as `make playground` builds it, which holds
// the size of the WebAssembly.
func static(t *testing.T) string {
	t.Helper()
	out := t.TempDir()
	command := exec.Command("make", "--no-print-directory", "playground", "PLAYGROUND="+out)
	command.Dir = root
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("make playground: %v\n%s", err, text)
	}
	packed, err := os.ReadFile(filepath.Join(out, "mongocd.bin"))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	// Quality 9: what a web server does beforehand; the best, 11, takes half a minute for 4 % less.
	brotli := exec.Command("node", "-e", `const z = require("zlib"); console.log(z.brotliCompressSync(require("fs").readFileSync(0), { params: { [z.constants.BROTLI_PARAM_QUALITY]: 9, [z.constants.BROTLI_PARAM_LGWIN]: 24 } }).length)`)
	brotli.Stdin = bytes.NewReader(wasm)
	text, err := brotli.Output()
	if err != nil {
		t.Fatal(err)
	}
	small, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the WebAssembly has %d bytes, %d with gzip, %d with brotli", len(wasm), len(packed), small)
	if len(wasm) > mostWASM || len(packed) > mostGzip || small > mostBrotli {
		t.Errorf("the WebAssembly has %d bytes (%d with gzip, %d with brotli); %d (%d, %d) is the most", len(wasm), len(packed), small, mostWASM, mostGzip, mostBrotli)
	}
	return listen(t, func(string) http.Handler { return http.FileServer(http.Dir(out)) })
}

// clean fails the test for what went wrong in a page, and for what it asked of others.
func clean(t *testing.T, tab *browser.Tab, origin string) {
	t.Helper()
	for _, trouble := range tab.Trouble() {
		if !strings.HasPrefix(trouble, origin) {
			t.Error(trouble)
		}
	}
}

// scripts are those that the command line writes for an example, by environment/weave.
func scripts(t *testing.T, mongocd, example string) map[string][32]byte {
	t.Helper()
	dir := t.TempDir()
	of, err := fs.Sub(examples.Files, example)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, of); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command(mongocd, "compile", "--workspace", dir, "--target", "mongosh").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	found, err := filepath.Glob(filepath.Join(dir, "build", "*", "*", "mongosh.js"))
	if err != nil || len(found) == 0 {
		t.Fatalf("%v %v", found, err)
	}
	out := map[string][32]byte{}
	for _, name := range found {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		weave := filepath.Dir(name)
		out[filepath.Base(filepath.Dir(weave))+"/"+filepath.Base(weave)] = sha256.Sum256(data)
	}
	return out
}

const output = `document.getElementById('output')`

// ready waits until a page shows a result.
func ready(t *testing.T, tab *browser.Tab, address string) {
	t.Helper()
	if tab.Text(`document.getElementById('status') !== null`) != "true" {
		clean(t, tab, address)
		t.Fatal("the page did not begin")
	}
	tab.Wait(`document.getElementById('status').textContent.includes('documents in')`)
}

// choose chooses a tab and an environment.
func choose(tab *browser.Tab, name, environment string) {
	tab.Eval(fmt.Sprintf(`[...document.querySelectorAll('[role=tab]')].find((t) => t.textContent === %q).click()`, name), nil)
	if environment != "" {
		tab.Eval(fmt.Sprintf(`(() => { const s = document.querySelector('[aria-label=Environment]'); s.value = %q; s.dispatchEvent(new Event('change')); })()`, environment), nil)
	}
}

// set types a text in place of another one, in the first line that has a text.
func set(tab *browser.Tab, line, from, to string) {
	tab.Wait(fmt.Sprintf(`[...document.querySelectorAll('.cm-line')].some((l) => l.textContent.includes(%q) && l.textContent.includes(%q))`, line, from))
	tab.Eval(fmt.Sprintf(`(() => {
		const find = (n) => n.nodeType === 3 ? (n.data.includes(%q) ? n : null) : [...n.childNodes].map(find).find((f) => f) ?? null;
		const node = find([...document.querySelectorAll('.cm-line')].find((l) => l.textContent.includes(%q)));
		document.querySelector('.cm-content').focus();
		getSelection().setBaseAndExtent(node, node.data.indexOf(%[1]q), node, node.data.indexOf(%[1]q) + %[1]q.length);
	})()`, from, line), nil)
	tab.Eval(`new Promise((done) => setTimeout(done, 100))`, nil) // the editor reads the selection
	if to == "" {
		tab.Press("Delete")
	}
	tab.Type(to)
}

// TestPage: what an author and a reviewer do, on a page that a program answers and on the static one.
func TestPage(t *testing.T) {
	mongocd, b := commandLine(t), browser.ForTest(t)
	for _, kind := range []struct{ name, address string }{{"program", program(t, playground.Options{})}, {"static", static(t)}} {
		for _, example := range examples.Names {
			t.Run(kind.name+" "+example, func(t *testing.T) { testExample(t, b, kind.address, mongocd, example) })
		}
		t.Run(kind.name+" mistake", func(t *testing.T) { testMistake(t, b, kind.address) })
		t.Run(kind.name+" folder", func(t *testing.T) { testFolder(t, b, kind.address) })
		t.Run(kind.name+" hostile", func(t *testing.T) { testHostile(t, b, kind.address) })
	}
}

// TestHere: a page begins with the workspace that the program was started in.
func TestHere(t *testing.T) {
	of, err := fs.Sub(examples.Files, "markets")
	if err != nil {
		t.Fatal(err)
	}
	address := program(t, playground.Options{Here: of})
	tab := browser.ForTest(t).Open(t, address, true)
	ready(t, tab, address)
	if got := tab.Text(`document.querySelector('[aria-label=Example]').selectedOptions[0].textContent + ' ' + document.querySelector('.files button').textContent`); got != "this workspace markets.weave" {
		t.Errorf("the page begins with %s", got)
	}
	tab.Eval(`(() => { const s = document.querySelector('[aria-label=Example]'); s.value = 'planets'; s.dispatchEvent(new Event('change')); })()`, nil)
	tab.Wait(`document.querySelector('.files button').textContent === 'planets.weave'`)
	clean(t, tab, address)
}

// testExample: an example comes to the scripts that the command line writes.
func testExample(t *testing.T, b *browser.Browser, address, mongocd, example string) {
	tab := b.Open(t, address+"#example="+example, true)
	ready(t, tab, address)
	want := scripts(t, mongocd, example)
	for of, sum := range want {
		environment, weave, _ := strings.Cut(of, "/")
		choose(tab, "Script", environment)
		tab.Wait(fmt.Sprintf(`document.getElementById('status').textContent.startsWith('%s/%s/mongosh.js')`, environment, weave))
		var got string
		tab.Eval(`(async () => [...new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`+output+`.querySelector('pre.script').textContent)))].map((b) => b.toString(16).padStart(2, '0')).join(''))()`, &got)
		if got != fmt.Sprintf("%x", sum) {
			t.Errorf("%s: the script is not the one of the command line", of)
		}
	}
	if n := tab.Text(`document.querySelector('[aria-label=Environment]').options.length`); n != fmt.Sprint(len(want)) {
		t.Errorf("%s environments, and %d scripts of the command line", n, len(want))
	}
	if example == "saas" { // and with UPDATE_GOLDEN its picture in the documentation
		choose(tab, "Diff", "prod-eu")
		tab.Eval(`document.querySelector('[data-name="flags.weave"]').click()`, nil)
		tab.Wait(output + `.querySelector('.plus') !== null && document.querySelector('.cm-content .w-keyword') !== null`)
		for _, scheme := range []string{"light", "dark"} {
			tab.Look(scheme, "screen")
			if tab.Eval(`new Promise((done) => setTimeout(done, 300))`, nil); os.Getenv("UPDATE_GOLDEN") == "" {
				continue
			}
			if err := os.WriteFile(filepath.Join(root, "docs/images/playground-"+scheme+".png"), tab.Picture(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	clean(t, tab, address)
}

// testMistake: a mistake is said in the editor and beside it while it is typed, and what
// the rules come to is shown again when it is mended; a link holds what was typed.
func testMistake(t *testing.T, b *browser.Browser, address string) {
	tab := b.Open(t, address+"#example=planets", true)
	ready(t, tab, address)
	set(tab, "check hasRings", "hasRings", "hasRing")
	tab.Wait(output + `.innerText.includes('did you mean')`)
	tab.Wait(`document.querySelector('.cm-lint-marker-error') !== null`)
	if got := tab.Text(output + `.innerText`); !strings.Contains(got, "unknown-field") || !strings.Contains(got, "did you mean `hasRings`") || !strings.Contains(got, "planets.weave:28") {
		t.Errorf("the message is %s", got)
	}
	tab.Type("s")
	ready(t, tab, address)
	tab.Wait(`document.querySelector('.cm-lint-marker-error') === null`)

	set(tab, "orderFromSun <= 4", "4", "3")
	tab.Wait(`document.getElementById('status').textContent === '3 documents in 1 collection in preprod'`)
	choose(tab, "Diff", "preprod")
	tab.Wait(output + `.querySelector('.minus') !== null`)
	if got := tab.Text(output + `.innerText`); !strings.Contains(got, `- {name: "Mars"}`) || !strings.Contains(got, `+ slug: "earth"`) {
		t.Errorf("the difference is %s", got)
	}
	choose(tab, "Result", "")
	ready(t, tab, address)
	tab.Eval(output+`.querySelector('article button').click()`, nil)
	tab.Wait(output + `.innerText.includes('create slug = lower(name)')`)
	if got := tab.Text(output + `.innerText`); !strings.Contains(got, "planets.weave:14") || !strings.Contains(got, `-> "earth"`) {
		t.Errorf("the explanation is %s", got)
	}
	tab.Eval(`document.getElementById('link').click()`, nil)
	tab.Wait(`location.hash.startsWith('#w=')`)
	clean(t, tab, address)

	again := b.Open(t, address+tab.Text(`location.hash`), true)
	again.Wait(`document.getElementById('status') && document.getElementById('status').textContent === '3 documents in 1 collection in preprod'`)
	clean(t, again, address)

	// Data is edited, too.
	again.Eval(`document.querySelector('.files summary').click()`, nil)
	again.Wait(`document.querySelector('[data-name$="documents/earth~5a3ad6c344de2041.json"]') !== null`)
	again.Eval(`document.querySelector('[data-name$="documents/earth~5a3ad6c344de2041.json"]').click()`, nil)
	again.Wait(`document.querySelector('.cm-content').textContent.includes('orderFromSun')`)
	set(again, `"orderFromSun": 3`, "3", "7")
	again.Wait(`document.getElementById('status').textContent === '2 documents in 1 collection in preprod'`)
	clean(t, again, address)

	broken := b.Open(t, address+"#w=AAAA", true)
	broken.Wait(`document.getElementById('message') && document.getElementById('message').textContent.includes('the link is not whole')`)
	clean(t, broken, address)
}

// testHostile: an archive whose documents and names are markup, dropped into the page.
func testHostile(t *testing.T, b *browser.Browser, address string) {
	tab := b.Open(t, address+"#example=planets", true)
	ready(t, tab, address)
	const markup = `<img src=x onerror="document.title='ran'"><script>document.title='ran'</script>`
	var documents bytes.Buffer
	forms := []string{markup, "`" + markup + "`", "**" + markup + "**", "```\n" + markup + "\n```"} // of the Markdown that a hover is
	for i, text := range append(forms, hostile.Texts...) {
		k := "x"
		if i < len(forms) {
			k = text
		}
		raw, err := bson.Marshal(bson.D{{Key: "_id", Value: int32(i)}, {Key: "k", Value: k}, {Key: markup, Value: text}})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&documents, "%s\n", doc.Line(raw))
	}
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for name, text := range map[string]string{
		"x/<b>.weave":                           "weave hostile\nenvironments prod\n\nfrom src into db {\n  sync items by _id {\n    where k == \"x\" { set k = \"y\" }\n    create copy = k\n  }\n}\n",
		"x/extracted/src/items/documents.jsonl": documents.String(),
		"x/extracted/src/items/collection.json": `{"format": 1, "kind": "collection", "layout": "lines", "key": ["_id"]}`,
	} {
		to, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	drop := func(data []byte) {
		tab.Eval(fmt.Sprintf(`(() => {
			const to = new DataTransfer();
			to.items.add(new File([Uint8Array.from(atob(%q), (c) => c.charCodeAt(0))], 'w.zip'));
			document.dispatchEvent(new DragEvent('drop', { dataTransfer: to, bubbles: true, cancelable: true }));
		})()`, base64.StdEncoding.EncodeToString(data)), nil)
	}
	drop([]byte("PK"))
	tab.Wait(`document.getElementById('message').textContent.includes('no zip archive')`)
	drop(archive.Bytes())
	tab.Wait(`document.getElementById('status').textContent.endsWith('in 1 collection in prod')`)
	for view, says := range map[string]string{"Result": "documents in", "Diff": "What the rules change", "Script": "mongosh.js"} {
		choose(tab, view, "")
		tab.Wait(fmt.Sprintf(`document.getElementById('status').textContent.includes(%q)`, says))
		if got := tab.Text(output + `.textContent`); !strings.Contains(got, "<img src=x onerror=") {
			t.Errorf("%s: there is no value of the data in\n%.2000s", view, got)
		}
	}
	choose(tab, "Result", "")
	ready(t, tab, address)
	tab.Eval(output+`.querySelector('article button').click()`, nil)
	tab.Wait(output + `.textContent.includes('extracted/src/items')`)
	// What the language server says of the field, with its values, and completes.
	tab.Eval(`(() => { const k = [...document.querySelectorAll('.cm-line span')].find((s) => s.textContent === 'k').getBoundingClientRect(); window.at = [k.x + 2, k.y + 5]; })()`, nil)
	var at [2]float64
	tab.Eval(`window.at`, &at)
	tab.Hover(at[0], at[1])
	tab.Wait(`document.querySelector('.cm-lsp-hover-tooltip') !== null`)
	if got := tab.Text(`document.querySelector('.cm-lsp-hover-tooltip').textContent`); !strings.Contains(got, "onerror") {
		t.Errorf("the hover has no value of the data: %s", got)
	}
	set(tab, `k == "x"`, "x", "")
	tab.Press(" ")
	tab.Wait(`document.querySelector('.cm-tooltip-autocomplete') !== null`)
	if n := tab.Text(`document.querySelectorAll('img, iframe, script:not([src="page.js"]), b:not(summary b)').length`); n != "0" {
		t.Errorf("%s elements are of the data", n)
	}
	if title := tab.Text(`document.title`); title != "mongocd playground" {
		t.Errorf("the title is %s", title)
	}
	clean(t, tab, address)
}
