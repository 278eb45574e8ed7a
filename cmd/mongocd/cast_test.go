package main

// The session that README.md shows, docs/images/session.svg. In: examples/planets and a
// directory as the destination; out: what mongocd prints, line by line in time, as an SVG
// without scripts that needs nothing from elsewhere. UPDATE_GOLDEN=1 writes it.

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
)

// cast are the commands; one that begins with `sed` is somebody's change at the destination.
var cast = []struct {
	command string
	exit    int
}{
	{"mongocd check", console.ExitDone},
	{"mongocd apply --env prod --yes --quiet", console.ExitDone},
	{"sed -i 's/\"orderFromSun\": 3/\"orderFromSun\": 4/' there/guides/planets/documents/*", console.ExitDone},
	{"mongocd verify --env prod", console.ExitDifferences},
	{"mongocd plan --env prod", console.ExitDone},
	{"mongocd apply --env prod --yes", console.ExitDone},
	{"mongocd verify --env prod", console.ExitDone},
}

func TestSession(t *testing.T) {
	file, err := filepath.Abs("../../docs/images/session.svg")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	copyTree(t, "../../examples/planets", dir)
	t.Chdir(dir)
	lookup := func(name string) (string, bool) {
		return map[string]string{"MONGOCD_DESTINATION_URI": "dir:there"}[name], name == "MONGOCD_DESTINATION_URI"
	}
	var lines []string
	for _, s := range cast {
		lines = append(lines, "$ "+s.command)
		if strings.HasPrefix(s.command, "sed ") {
			files, err := filepath.Glob("there/guides/planets/documents/*")
			if err != nil {
				t.Fatal(err)
			}
			changed := 0
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				with := bytes.ReplaceAll(data, []byte(`"orderFromSun": 3`), []byte(`"orderFromSun": 4`))
				if !bytes.Equal(data, with) {
					changed++
				}
				if err := os.WriteFile(file, with, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if changed != 1 {
				t.Fatalf("%d files are changed, want 1", changed)
			}
			continue
		}
		var out bytes.Buffer
		if code := run(strings.Fields(s.command)[1:], strings.NewReader(""), &out, &out, lookup); code != s.exit {
			t.Fatalf("%s ends with %d:\n%s", s.command, code, out.String())
		}
		for line := range strings.Lines(out.String()) {
			// Digests are others with each release of mongocd; empty lines would make the picture longer.
			if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "digest: ") && !strings.HasPrefix(line, "it binds ") {
				lines = append(lines, line)
			}
		}
	}
	got := draw(lines)
	for decoder := xml.NewDecoder(strings.NewReader(got)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("no XML: %v", err)
		}
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || got != string(want) {
		t.Errorf("docs/images/session.svg is not what is printed: UPDATE_GOLDEN=1 go test ./cmd/mongocd -run TestSession (%v)\n%s", err, strings.Join(lines, "\n"))
	}
	if strings.Contains(strings.Replace(got, `xmlns="http://www.w3.org/2000/svg"`, "", 1), "://") {
		t.Error("something is fetched from elsewhere")
	}
}

// draw is the session as an animated SVG; where nothing moves, all of it is there.
func draw(lines []string) string {
	const line, left, width = 18, 16, 960
	height := line*len(lines) + 48
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="A session with mongocd">
<style>
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #d8dee9; white-space: pre }
.c { fill: #ffffff; font-weight: bold } .a { fill: #a3be8c } .m { fill: #ebcb8b } .r { fill: #88c0d0 }
text { animation: come 1ms linear both } @keyframes come { from { opacity: 0 } }
@media (prefers-reduced-motion) { text { animation: none } }
</style>
<rect width="100%%" height="100%%" rx="8" fill="#2e3440"/>
<circle cx="20" cy="18" r="6" fill="#bf616a"/><circle cx="40" cy="18" r="6" fill="#ebcb8b"/><circle cx="60" cy="18" r="6" fill="#a3be8c"/>
`, width, height)
	at := 0.0 // seconds
	for i, text := range lines {
		class := ""
		switch {
		case strings.HasPrefix(text, "$ "):
			class, at = "c", at+1.2
		case strings.HasPrefix(text, "  + "):
			class = "a"
		case strings.HasPrefix(text, "  ~ "), strings.HasPrefix(text, "      "):
			class = "m"
		case strings.HasPrefix(text, "result: "), strings.HasPrefix(text, "ok: "):
			class = "r"
		}
		if !strings.HasPrefix(text, "$ ") {
			at += 0.12
		}
		fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" class=\"%s\" style=\"animation-delay: %.2fs\">%s</text>\n", left, 50+line*i, class, at, html.EscapeString(text))
	}
	return b.String() + "</svg>\n"
}
