package serve

// A folder of the disk in the page, chosen and dropped: what a reviewer tries in it.

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/browser"
)

// testFolder: a folder is chosen and another one dropped; inputs are given by the page, by
// the address and by a link; a message is removed by its edit; a value is shown; a file is added.
func testFolder(t *testing.T, b *browser.Browser, address string) {
	folder := func(name, rules string) string {
		dir := filepath.Join(t.TempDir(), name)
		for file, text := range map[string]string{
			"w.weave":                       rules,
			"README.md":                     "# not read",
			".git/x.weave":                  "not read",
			"extracted/s/c/documents.jsonl": `{"_id": 1, "name": "<b>new", "rollout": 5}` + "\n",
			"extracted/s/c/collection.json": `{"format": 1, "kind": "collection", "layout": "lines", "key": ["name"]}`,
		} {
			file = filepath.Join(dir, filepath.FromSlash(file))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	const rules = "weave w\nenvironments prod\ninput wanted: int = 7\n\nfrom s into d {\n  sync c by name {\n    set rollout = wanted\n    let double = rollout * 2\n    create twice = double\n  }\n}\n"
	tab := b.Open(t, address+"#example=planets", true)
	ready(t, tab, address)
	const shows = output + `.innerText.includes('`
	tab.Choose(`document.querySelector('input[webkitdirectory]')`, folder("chosen", strings.Replace(rules, "set rollout = wanted", "set rollout = wanted - 1", 1)))
	tab.Wait(`document.querySelector('[data-name="w.weave"]') !== null`)
	tab.Wait(shows + `"twice": 12')`)

	tab.Drop(400, 400, folder("dropped", rules))
	tab.Wait(shows + `"twice": 14')`)
	input := `document.querySelector('.inputs input')`
	tab.Wait(input + ` !== null && ` + input + `.placeholder === 'int = 7'`)
	give := func(value string) {
		tab.Eval(`(() => { const i = `+input+`; i.value = '`+value+`'; i.dispatchEvent(new Event('change')); })()`, nil)
	}
	give("20")
	tab.Wait(shows + `"twice": 40')`)
	give("many")
	tab.Wait(shows + `error[')`)
	give("")
	tab.Wait(shows + `"twice": 14')`)
	give("20")
	tab.Wait(shows + `"twice": 40')`)
	tab.Eval(`document.getElementById('link').click()`, nil)
	tab.Wait(`location.hash.startsWith('#w=')`)
	link := tab.Text(`location.hash`)
	// What stands at the cursor.
	set(tab, "let double", "2", "3")
	tab.Wait(shows + `"twice": 60')`)
	choose(tab, "Value", "")
	tab.Wait(`document.getElementById('status').textContent === 'rollout * 3 in prod' && ` + shows + `1 × 60')`)

	// A message, and its edit.
	set(tab, "create twice", "create", "creat")
	tab.Wait(`document.querySelector('.cm-lint-marker-error') !== null`)
	tab.Eval(`(() => { const m = document.querySelector('.cm-lint-marker-error').getBoundingClientRect(); window.at = [m.x + 4, m.y + 4]; })()`, nil)
	var at [2]float64
	tab.Eval(`window.at`, &at)
	tab.Hover(at[0], at[1])
	tab.Wait(`[...document.querySelectorAll('.cm-diagnosticAction')].some((b) => b.textContent.includes('\x60create\x60'))`)
	tab.Eval(`[...document.querySelectorAll('.cm-diagnosticAction')].find((b) => b.textContent.includes('\x60create\x60')).dispatchEvent(new MouseEvent('mousedown', { bubbles: true }))`, nil)
	tab.Wait(`document.querySelector('.cm-lint-marker-error') === null && document.querySelector('.cm-content').textContent.includes('create twice = double')`)

	// Another file.
	add := func(name string) {
		tab.Eval(`(() => { const i = document.querySelector('[aria-label="New file"]'); i.value = '`+name+`'; i.form.requestSubmit(); })()`, nil)
	}
	add("../x.weave")
	tab.Wait(`document.getElementById('message').textContent.includes('would not be read')`)
	add("x.txt")
	tab.Wait(`document.getElementById('message').textContent.includes('would not be read')`)
	add("more.weave")
	tab.Wait(`document.querySelector('[data-name="more.weave"][aria-current=true]') !== null`)
	tab.Eval(`document.querySelector('.cm-content').focus()`, nil)
	tab.Type("amend c for prod { create more = 1 }")
	choose(tab, "Result", "")
	tab.Wait(shows + `"more": 1')`)
	if n := tab.Text(`document.querySelectorAll('.output b:not(summary b), .files b').length`); n != "0" {
		t.Errorf("%s elements are of the data", n)
	}
	clean(t, tab, address)

	// Other tabs: the link as it is, and with more behind it.
	for behind, want := range map[string]string{"": "40", "&input.wanted=30": "60"} {
		again := b.Open(t, address+link+behind, true)
		again.Wait(`document.getElementById('output') && ` + shows + `"twice": ` + want + `')`)
		clean(t, again, address)
	}
	unknown := b.Open(t, address+"#example=planets&input.no=1", true)
	unknown.Wait(`document.getElementById('output') && ` + shows + `unknown-input')`)
	clean(t, unknown, address)
}
