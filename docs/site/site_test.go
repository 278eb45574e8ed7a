//go:build site

// Holds that the built site is whole. In: bin/site, as `make site` builds it; out: every
// link inside leads to a page and a heading, nothing on a page is fetched from elsewhere, a
// search finds pages, and the playground opens an example. `make site-check` runs it.
package site

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/browser"
	"github.com/hayone1/mongocd/examples"
)

const built = "../../bin/site"

var (
	idPattern   = regexp.MustCompile(` id="([^"]+)"`)
	linkPattern = regexp.MustCompile(`<a [^>]*?href="([^"]*)"`)
	// What a browser fetches by itself.
	fetchPattern = regexp.MustCompile(`<(?:script|img|iframe|source|video)\b[^>]*? src="([^"]*)"|<link\b[^>]*? href="([^"]*)"|url\(["']?([^)"']+)`)
)

// pages are the HTML files of the site, by their path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(os.DirFS(built), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".html" && path.Ext(name) != ".css" {
			return err
		}
		text, err := os.ReadFile(built + "/" + name)
		out[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatalf("%v: `make site` builds it", err)
	}
	return out
}

func TestLinks(t *testing.T) {
	of := pages(t)
	ids := map[string]map[string]bool{}
	for name, text := range of {
		ids[name] = map[string]bool{}
		for _, id := range idPattern.FindAllStringSubmatch(text, -1) {
			ids[name][id[1]] = true
		}
	}
	inside, messages := 0, 0
	for name, text := range of {
		if strings.HasPrefix(name, "messages/") {
			messages++
		}
		for _, link := range linkPattern.FindAllStringSubmatch(text, -1) {
			to, err := url.Parse(strings.ReplaceAll(link[1], "&amp;", "&"))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if to.Scheme != "" || name == "404.html" { // which is shown at any address
				continue
			}
			inside++
			target := name
			if to.Path != "" {
				target = path.Join(path.Dir(name), to.Path)
			}
			info, err := os.Stat(built + "/" + target)
			switch {
			case err != nil:
				t.Errorf("%s links to %s, which is not there", name, link[1])
			case info.IsDir():
				t.Errorf("%s links to the folder %s, which is no page without a server", name, link[1])
			case to.Fragment != "" && ids[target] != nil && !strings.HasPrefix(target, "playground/") && !ids[target][to.Fragment]:
				t.Errorf("%s: no heading for %s", name, link[1])
			}
		}
	}
	if inside < 2000 || messages < 150 {
		t.Errorf("%d links, %d messages: are they still found?", inside, messages)
	}
}

func TestNothingFromElsewhere(t *testing.T) {
	found := 0
	for name, text := range pages(t) {
		for _, m := range fetchPattern.FindAllStringSubmatch(text, -1) {
			found++
			if from := m[1] + m[2] + m[3]; strings.Contains(from, "//") && !strings.HasPrefix(from, "data:") {
				t.Errorf("%s fetches %s", name, from)
			}
		}
	}
	if found < 500 {
		t.Errorf("%d files are fetched: are they still found?", found)
	}
}

func TestInBrowser(t *testing.T) {
	server := httptest.NewServer(http.FileServer(http.Dir(built)))
	defer server.Close()
	tab := browser.ForTest(t).Open(t, server.URL+"/index.html", true)
	own := func(what string) {
		t.Helper()
		for _, trouble := range tab.Trouble() {
			if !strings.HasPrefix(trouble, server.URL) && !strings.HasPrefix(trouble, "blob:"+server.URL) {
				t.Errorf("%s: %s", what, trouble)
			}
		}
	}
	for query, page := range map[string]string{
		"podFailurePolicy":        "docs/guides/kubernetes-job.html", // in code
		"destination-only-fields": "messages/destination-only-fields.html",
		"Neovim":                  "docs/guides/editor.html",
	} {
		tab.Go(server.URL + "/docs/tutorial.html?q=" + query)
		hit := fmt.Sprintf(`document.querySelector('.md-search-result__list a[href*=%q]')`, page)
		tab.Wait(hit)
		own("the search for " + query)
		tab.Go(tab.Text(hit + ".href"))
		if at := tab.Text(`location.pathname + " " + document.querySelector("h1").textContent`); !strings.HasPrefix(at, "/"+page+" ") {
			t.Errorf("the search for %s leads to %s", query, at)
		}
		own(page)
	}
	for _, example := range examples.Names {
		tab.Go(server.URL + "/examples/" + example + "/index.html")
		own(example)
		tab.Go(tab.Text(`document.querySelector('a[href*="playground/"]').href`))
		tab.Wait(`location.pathname.startsWith("/playground/") && document.getElementById("status")?.textContent.includes("documents in")`)
		if shown := tab.Text(`document.querySelector("[aria-label=Example]").selectedOptions[0].textContent`); shown != "example: "+example {
			t.Errorf("the link of %s opens %s", example, shown)
		}
		own("the playground of " + example)
	}
}
