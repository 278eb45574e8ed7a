package report

// The page in a browser: what it shows, by keys and by search; that nothing in its
// data is more than text; how long many changes take.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hayone1/mongocd/cmd/testserver/browser"
	"github.com/hayone1/mongocd/codegen/cases/hostile"
)

// open writes a page and opens it.
func open(t testing.TB, b *browser.Browser, p Page, scripts bool) *browser.Tab {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	var text bytes.Buffer
	if err := Write(&text, p); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return b.Open(t, "file://"+file, scripts)
}

// clean fails the test for whatever went wrong in a page.
func clean(t testing.TB, tab *browser.Tab, doing string) {
	t.Helper()
	for _, trouble := range tab.Trouble() {
		t.Errorf("%s: %s", doing, trouble)
	}
}

const letter = "<html><head><style>h1 { color: rgb(1, 2, 3) }</style></head>\n<body>\n<h1>Welcome</h1>\n<p onclick=\"alert(1)\">Line two.</p>\n<p>Three</p>\n<p>Four</p>\n<p>Five</p>\n<p>Six</p>\n<p>Seven</p>\n" +
	"<a href=\"https://%s.example.com/start\">Start</a><img src=\"https://example.com/x.png\">\n<script>document.title = 'ran'</script>\n</body></html>"

// jsonText is a text as JSON.
func jsonText(s string) string {
	out, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(out)
}

// sample is a page with something of everything.
func sample() Page {
	run := func(environment string) Run {
		return Run{Command: "plan", Weave: "shop", Environment: environment, Outcome: "changes", Facts: []string{"digest sha256:12"}, Sections: []Section{
			{Name: "", Items: []Item{{Action: "conflict", Sign: "!", Name: "prune-bound in shop.flags", Says: []string{"9 documents would go", "fix: raise the bound"}, Code: "prune-bound", Link: "https://example.com/docs#prune-bound"}}},
			{Name: "shop.flags", Collection: "flags", Facts: []string{"merge"}, Origin: "shop.weave:3:3", Items: []Item{
				{Action: "index", Sign: "+", Name: "index name_1", Changes: []Change{{Path: "unique", After: "true"}}},
				{Action: "insert", Sign: "+", Name: `{name: "new"}`, Origin: "shop.weave:9:5", AfterDocument: `{"_id":{"$numberInt":"1"},"name":"new","10":[{"2":true},{"1":{"$numberLong":"5"}}]}`},
				{Action: "update", Sign: "~", Name: `{name: "vat"}`, Changes: []Change{
					{Path: "rate", Before: `{"$numberDouble":"0.19"}`, After: `{"$numberDouble":"0.2"}`, From: []Source{{Place: "shop.weave:5:5", Text: "set rate = 0.2"}, {Place: "extracted/shop/flags/data.jsonl:4"}}},
					{Path: "type", Before: `{"$numberInt":"1"}`, After: `{"$numberDouble":"1"}`},
					{Path: "owner", Before: `{"$oid":"65a000000000000000000001"}`, After: `{"$oid":"65a000000000000000000002"}`, Words: []Word{{At: []string{}, Of: `{"$oid":"65a000000000000000000002"}`, Text: `→ users "b@example.com"`}}},
					{Path: "token", Unknown: []string{"API_TOKEN"}},
				}},
				{Action: "delete", Sign: "-", Name: `{name: "gone"}`, BeforeDocument: `{"name":"gone","mine":true}`},
			}},
			{Name: "shop.mails", Collection: "mails", Items: []Item{{Action: "update", Sign: "~", Name: `{key: "welcome"}`, Changes: []Change{{Path: "html", Before: jsonText(fmt.Sprintf(letter, "preprod")), After: jsonText(fmt.Sprintf(letter, "app"))}}}}},
		}}
	}
	return Page{Title: "plan shop", Program: "mongocd test", Before: "there", After: "wanted", Runs: []Run{run("preprod"), run("prod")}}
}

// TestPage: what a reviewer does, with the keyboard alone.
func TestPage(t *testing.T) {
	tab := open(t, browser.ForTest(t), sample(), true)
	clean(t, tab, "opening")
	selected := func() string { return tab.Text(`document.querySelector('[aria-selected=true] .name').textContent`) }
	detail := func(want ...string) {
		t.Helper()
		got := tab.Text(`document.getElementById('detail').innerText`)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("no %q in the detail of %s:\n%s", w, selected(), got)
			}
		}
	}
	if got := tab.Text(`document.getElementById('status').textContent`); got != "12 changes" {
		t.Errorf("status: %s", got)
	}
	if got := selected(); got != "prune-bound in shop.flags" {
		t.Errorf("the first is %s", got)
	}
	detail("9 documents would go", "fix: raise the bound", "About prune-bound")
	tab.Press("j", "j")
	detail(`{name: "new"}`, "The whole document", "name: \"new\"", "'10' [2 elements]", "'1': long(5)", "shop.weave:9:5")
	if before := tab.Text(`document.querySelector('.tree').innerText`); strings.Index(before, "_id") > strings.Index(before, "'10' ") {
		t.Errorf("the order of fields: %s", before)
	}
	tab.Press("ArrowDown")
	detail("0.19", "0.2", "set rate = 0.2", "extracted/shop/flags/data.jsonl:4", "1  (int)", "1  (double)", `→ users "b@example.com"`, "API_TOKEN is not given")
	for _, test := range []struct{ key, selected string }{
		{"End", `{key: "welcome"}`}, {"k", `{name: "gone"}`}, {"ArrowUp", `{name: "vat"}`}, {"Home", "prune-bound in shop.flags"}, {"PageUp", "prune-bound in shop.flags"},
		{"PageDown", "index name_1"}, {"k", "prune-bound in shop.flags"}, {"k", `{key: "welcome"}`},
	} {
		if tab.Press(test.key); selected() != test.selected {
			t.Errorf("%s leads to %s, not to %s", test.key, selected(), test.selected)
		}
	}
	if got := selected(); got != `{key: "welcome"}` {
		t.Errorf("then %s", got)
	}
	// Lines alike are folded, the word that differs is marked.
	if got := tab.Text(`[...document.querySelectorAll('del, ins')].map((e) => e.textContent).join()`); got != "preprod,app" {
		t.Errorf("marked: %s", got)
	}
	detail("equal lines")
	tab.Press("s")
	tab.Wait(`document.querySelector('table.beside')`)
	tab.Eval(`document.querySelector('.folded button').click()`, nil)
	detail("Line two.")

	// The preview runs and fetches nothing, and looks as its style sheet says.
	tab.Eval(`document.querySelector('.previews summary').click()`, nil)
	tab.Wait(`document.querySelectorAll('iframe.preview').length === 2`)
	time.Sleep(200 * time.Millisecond)
	frame := tab.Text(`document.querySelector('iframe.preview').srcdoc`)
	for _, wrong := range []string{"script>", "onclick", `src="https`, `href="https`} {
		if strings.Contains(frame, wrong) {
			t.Errorf("the preview has %s: %s", wrong, frame)
		}
	}
	if !strings.Contains(frame, "color: rgb(1, 2, 3)") || tab.Text(`document.querySelector('iframe.preview').getAttribute('sandbox')`) != "" {
		t.Errorf("the preview: %s", frame)
	}
	clean(t, tab, "previewing")

	// Search, with the fields of changes and the places of rules.
	for _, test := range []struct{ words, status string }{
		{"welcome", "2 of 12 changes"}, {"welcome prod", "2 of 12 changes"}, {"welcome preprod", "2 of 12 changes"}, {"path:rate", "2 of 12 changes"}, {"rule:shop.weave:5", "2 of 12 changes"},
		{"API_token", "2 of 12 changes"}, {"nowhere", "0 of 12 changes"}, {"prune-bound preprod", "1 of 12 changes"}, {`</script>`, "2 of 12 changes"}, {`href="https`, "2 of 12 changes"},
	} {
		tab.Press("/")
		tab.Eval(`document.getElementById('search').value = ''`, nil)
		tab.Type(test.words)
		tab.Press("Enter")
		if got := tab.Text(`document.getElementById('status').textContent`); got != test.status {
			t.Errorf("%s: %s, want %s", test.words, got, test.status)
		}
	}
	tab.Press("/")
	tab.Eval(`document.getElementById('search').value = ''`, nil)
	tab.Press("Enter")

	// Like changes together, in both environments.
	tab.Press("g")
	tab.Wait(`[...document.querySelectorAll('.line .name')].some((e) => e.textContent === '1 document shop.flags · preprod, prod')`)
	tab.Press("End")
	tab.Wait(`document.getElementById('detail').innerText.includes('1 document with this change')`)
	detail("1 document with this change", "preprod", "prod")
	tab.Eval(`document.querySelector('.documents button').click()`, nil)
	tab.Wait(`document.getElementById('group').getAttribute('aria-pressed') === 'false'`)

	// Overview and kinds.
	tab.Eval(`[...document.querySelectorAll('.row.collection')].find((e) => e.textContent.includes('shop.mails')).click()`, nil)
	if got := tab.Text(`document.getElementById('status').textContent`); got != "1 of 12 changes" {
		t.Errorf("one collection: %s", got)
	}
	tab.Eval(`document.querySelector('.row.all').click()`, nil)
	tab.Eval(`document.querySelector('[data-action=delete]').click()`, nil)
	if got := tab.Text(`document.getElementById('status').textContent`); got != "10 of 12 changes" {
		t.Errorf("without what is deleted: %s", got)
	}
	if got := tab.Text(`location.hash`); !strings.Contains(got, "without=delete") {
		t.Errorf("the address: %s", got)
	}
	tab.Press("t", "?")
	tab.Wait(`document.getElementById('help').open`)
	tab.Press("Escape")
	clean(t, tab, "all of it")

	// On paper are all that are chosen.
	tab.Eval(`window.dispatchEvent(new Event('beforeprint'))`, nil)
	if got := tab.Text(`document.querySelectorAll('#paper article').length`); got != "10" {
		t.Errorf("%s changes are printed", got)
	}
	if pdf := tab.PDF(); !bytes.HasPrefix(pdf, []byte("%PDF")) || len(pdf) < 10_000 {
		t.Errorf("printed are %d bytes", len(pdf))
	}
	clean(t, tab, "printing")
}

// TestGuards: what the tests of hostile data hold would be seen, were it there.
func TestGuards(t *testing.T) {
	tab := open(t, browser.ForTest(t), sample(), true)
	for _, bad := range []string{
		`document.body.innerHTML = '<b>x</b>'`,
		`fetch('https://example.com/').catch(() => 0)`,
		`void (document.body.append(Object.assign(document.createElement('img'), { src: 'https://example.com/x.png' })))`,
		`void (document.body.append(Object.assign(document.createElement('iframe'), { src: 'https://example.com/' })))`,
		`document.body.setAttribute('onclick', 'alert(1)'), document.body.click()`,
		`setTimeout(() => { throw new Error('x') })`,
	} {
		tab.Eval(`new Promise((done) => { try { Promise.resolve(`+bad+`).finally(() => setTimeout(done, 50)); } catch (e) { console.log(String(e)); done(); } })`, nil)
		time.Sleep(50 * time.Millisecond)
		if len(tab.Trouble()) == 0 {
			t.Errorf("nobody saw %s", bad)
		}
	}
}

// TestWithoutJavaScript: what is in the file is read as it stands.
func TestWithoutJavaScript(t *testing.T) {
	p := sample()
	for i := range 300 {
		s := &p.Runs[0].Sections[1]
		s.Items = append(s.Items, Item{Action: "update", Sign: "~", Name: fmt.Sprint("more ", i)})
	}
	tab := open(t, browser.ForTest(t), p, false)
	got := tab.Text(`document.body.innerText`)
	for _, want := range []string{"plan shop", "prune-bound in shop.flags", `{name: "gone"}`, "… and 112 more"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if n := tab.Text(`document.querySelectorAll('details').length`); n != fmt.Sprint(readable) {
		t.Errorf("%s details", n)
	}
	clean(t, tab, "without JavaScript")
}

// hostilePage has every hostile text in every position.
func hostilePage() Page {
	p := Page{Before: "", After: ""}
	for i, h := range hostile.Texts {
		value := jsonText(h)
		if i == 0 {
			p.Title, p.Program, p.Before, p.After = h, h, h, h
		}
		html := jsonText("<p>" + h + "</p><img src=x onerror=alert(1)><svg onload=alert(2)><script>alert(3)</script>" + h)
		p.Title += h
		p.Runs = append(p.Runs, Run{Command: h, Weave: h, Environment: h, Outcome: h, Facts: []string{h}, Sections: []Section{{Name: h, Facts: []string{h}, Origin: h, Items: []Item{
			{Action: "conflict", Sign: "!", Name: h, Origin: h, Says: []string{h}, Code: h, Link: "https://example.com/#" + h},
			{Action: "insert", Sign: "+", Name: h, From: []Source{{Place: h, Text: h}}, AfterDocument: `{` + value + `:{` + value + `:[` + value + `]}}`, Words: []Word{{At: []string{h, h, "0"}, Of: value, Text: h}}},
			{Action: "update", Sign: "~", Name: h, Changes: []Change{
				{Path: h, Note: h, Before: value, After: html, Words: []Word{{At: []string{}, Of: value, Text: h}, {At: []string{h, "0"}, Of: h, Text: h}}, From: []Source{{Place: h, Text: h}}},
				{Path: h, Before: `[` + value + `]`, After: `{` + value + `:` + value + `}`}, {Path: h, Unknown: []string{h}}, {Path: h, Before: h}, // no JSON
			}},
			{Action: strings.Map(func(r rune) rune {
				if r <= ' ' || r == '\u00a0' || r == '\u2028' || r == '\u2029' || r == '\ufeff' {
					return -1
				}
				return r
			}, h), Sign: h, Name: h},
		}}}})
	}
	return p
}

// TestHostile: nothing in the data runs, is markup, is fetched or breaks the page, whatever it is and wherever.
func TestHostile(t *testing.T) {
	if len(hostile.Texts) < 110 {
		t.Fatalf("%d texts", len(hostile.Texts))
	}
	p := hostilePage()
	b := browser.ForTest(t)
	for _, scripts := range []bool{false, true} {
		tab := open(t, b, p, scripts)
		clean(t, tab, "opening")
		if !scripts {
			if n := tab.Text(`document.querySelectorAll('#static img, #static script, #static svg, #static iframe').length`); n != "0" {
				t.Errorf("%s elements are of the data", n)
			}
			continue
		}
		var done struct {
			Selected, Frames, Strange int
			Title                     string
		}
		// Every entry, with every preview.
		tab.Eval(`(async () => {
			const list = document.getElementById('list');
			const n = list.querySelector('[aria-setsize]').getAttribute('aria-setsize');
			const ids = new Set(); let frames = 0; let strange = 0;
			for (let i = 0; i < n; i++) {
				list.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }));
				ids.add(list.getAttribute('aria-activedescendant'));
				for (const s of document.querySelectorAll('#detail details:not([open]) > summary')) s.click();
				await new Promise((r) => setTimeout(r, 2));
				frames += document.querySelectorAll('#detail iframe').length;
				strange += document.querySelectorAll('#app img, #app svg, #app script, #app style, #app link, #app base, #app object, #app [onerror], #app [onload]').length;
			}
			return { Selected: ids.size, Frames: frames, Strange: strange, Title: document.title };
		})()`, &done)
		if want := 4*len(p.Runs) - 1; done.Selected != want || done.Frames < len(p.Runs) || done.Strange != 0 || done.Title == "ran" {
			t.Errorf("%+v; %d are to be selected", done, want)
		}
		time.Sleep(500 * time.Millisecond)
		clean(t, tab, "previewing")
		for _, text := range hostile.Texts { // also as what is searched, and as an address
			tab.Eval(`(() => { const s = document.getElementById('search'); s.value = `+literal(text)+`; s.dispatchEvent(new Event('input')); s.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })); })()`, nil)
		}
		tab.Eval(`window.dispatchEvent(new Event('beforeprint'))`, nil)
		clean(t, tab, "searching and printing")
	}
}

// large has as many changed documents as are asked for, in ten collections.
func large(n int) Page {
	p := Page{Title: "plan shop for prod", Before: "there", After: "wanted", Runs: []Run{{Command: "plan", Weave: "shop", Environment: "prod", Outcome: "changes"}}}
	for c := range 10 {
		s := Section{Name: fmt.Sprint("shop.collection", c)}
		for i := range n / 10 {
			s.Items = append(s.Items, Item{Action: "update", Sign: "~", Name: fmt.Sprintf("{name: \"document %d\"}", i), From: []Source{{Place: "shop.weave:3:3"}}, Changes: []Change{
				{Path: "vat", Before: `{"$numberDouble":"0.19"}`, After: `{"$numberDouble":"0.2"}`},
				{Path: "html", Before: jsonText(fmt.Sprintf(letter, fmt.Sprint("preprod", i))), After: jsonText(fmt.Sprintf(letter, "app"))},
			}, AfterDocument: `{"name":"x","html":` + jsonText(fmt.Sprintf(letter, "app")) + `}`})
		}
		p.Runs[0].Sections = append(p.Runs[0].Sections, s)
	}
	return p
}

// TestLarge: of 5,000 changes as many elements are made as are seen, however far the list
// is scrolled; search and grouping go through all of them.
func TestLarge(t *testing.T) {
	tab := open(t, browser.ForTest(t), large(5000), true)
	var drawn struct{ Most, Sum, Last int }
	tab.Eval(`(async () => {
		const list = document.getElementById('list');
		const drawn = { Most: 0, Sum: 0, Last: 0 };
		const last = list.scrollHeight - list.clientHeight;
		for (let i = 0; i <= 50; i++) {
			list.scrollTop = (last * i) / 50;
			await new Promise(requestAnimationFrame);
			await new Promise((done) => setTimeout(done));
			const lines = list.getElementsByClassName('line');
			drawn.Most = Math.max(drawn.Most, lines.length);
			const { top, bottom } = list.getBoundingClientRect();
			for (let y = top + 1; y < bottom; y += 23) if (!document.elementFromPoint(100 + list.getBoundingClientRect().left, y)?.closest('.line')) drawn.Sum++; // nothing is there
			drawn.Last = Number([...lines].map((l) => l.id.slice(5)).sort((a, b) => b - a)[0]);
		}
		return drawn;
	})()`, &drawn)
	if drawn.Most > 100 || drawn.Sum != 0 || drawn.Last != 5009 {
		t.Errorf("%+v: at most 100 lines are drawn, none is missing where one is seen, and the last one is 5009", drawn)
	}
	tab.Press("/")
	tab.Eval(`document.getElementById('search').value = 'preprod499.example'`, nil)
	tab.Press("Enter")
	if got := tab.Text(`document.getElementById('status').textContent`); got != "10 of 5,000 changes" {
		t.Errorf("found: %s", got)
	}
	tab.Press("/")
	tab.Eval(`document.getElementById('search').value = ''`, nil)
	tab.Press("Enter", "g")
	tab.Wait(`document.querySelector('.line .name').textContent && [...document.querySelectorAll('.line .name')].some((e) => e.textContent.startsWith('500 documents'))`)
	clean(t, tab, "a large page")
}

// BenchmarkPage: the page of 5,000 changes: written, opened, then scrolled and gone through
// by keys, a frame after the other: how long these took (a browser begins one every
// 16.7 ms), and what of that the page's script, style and layout did.
func BenchmarkPage(b *testing.B) {
	p := large(5000)
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			var text bytes.Buffer
			if err := Write(&text, p); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(text.Len()))
		}
	})
	b.Run("open", func(b *testing.B) {
		chromium, opened := browser.ForTest(b), []float64(nil)
		for b.Loop() {
			var ms float64
			open(b, chromium, p, true).Eval(`performance.getEntriesByType('navigation')[0].loadEventEnd`, &ms)
			opened = append(opened, ms)
		}
		b.ReportMetric(quantile(opened, 0.5), "ms/median-open")
	})
	for name, step := range map[string]string{
		"scroll": `list.scrollTop += 400`,
		"jump":   `list.scrollTop += 4400`,
		"keys":   `list.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }))`,
	} {
		b.Run(name, func(b *testing.B) {
			tab := open(b, browser.ForTest(b), p, true)
			var frames []float64
			before := tab.Metrics()
			for b.Loop() {
				var took []float64
				tab.Eval(`(async () => {
					const list = document.getElementById('list');
					list.scrollTop = 0;
					const took = [];
					for (let i = 0; i < 50; i++) {
						const began = performance.now();
						`+step+`;
						await new Promise(requestAnimationFrame);
						await new Promise((done) => setTimeout(done));
						took.push(performance.now() - began);
					}
					return took;
				})()`, &took)
				frames = append(frames, took...)
			}
			after := tab.Metrics()
			b.ReportMetric(quantile(frames, 0.5), "ms/median-frame")
			b.ReportMetric(quantile(frames, 0.95), "ms/p95-frame")
			for _, name := range []string{"Script", "RecalcStyle", "Layout", "Task"} {
				b.ReportMetric((after[name+"Duration"]-before[name+"Duration"])*1000/float64(len(frames)), "ms-"+strings.ToLower(name)+"/frame")
			}
		})
	}
}

// quantile is that of some numbers.
func quantile(of []float64, q float64) float64 {
	of = slices.Sorted(slices.Values(of))
	return of[int(q*float64(len(of)-1)+0.5)]
}

// TestGenerator: a page is known as one by its beginning.
func TestGenerator(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sample()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b.Bytes()[:2000], []byte(Generator)) {
		t.Errorf("%.2000s", b.Bytes())
	}
}

// literal is a literal of JavaScript.
func literal(s string) string { return "JSON.parse(" + jsonText(jsonText(s)) + ")" }
