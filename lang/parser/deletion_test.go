package parser

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// validWeaves are all weaves of the repository that parse, those of archives included.
func validWeaves(t *testing.T) map[string]string {
	t.Helper()
	weaves := map[string]string{}
	add := func(name, text string) {
		if _, errs := Parse(source.NewFile(name, text)); len(errs) == 0 {
			weaves[name] = text
		}
	}
	for _, root := range []string{"../../testdata", "../../examples", "../../cmd/mongocd/testdata"} {
		err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			switch filepath.Ext(name) {
			case ".weave":
				text, err := os.ReadFile(name)
				add(name, string(text))
				return err
			case ".txtar":
				archive, err := txtar.ParseFile(name)
				if err != nil {
					return err
				}
				for _, f := range archive.Files {
					if filepath.Ext(f.Name) == ".weave" {
						add(name+"/"+f.Name, string(f.Data))
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return weaves
}

// Of the deletions of one token that are errors, at least this many per
// thousand give exactly one message, and none more than mostMessages.
const (
	leastSingle  = 990
	mostMessages = 3
)

// TestDeletions deletes tokens of the valid weaves, each on its own, and counts
// what is said. MONGOCD_SOAK: every token, else a sample of them.
func TestDeletions(t *testing.T) {
	step := 11
	if os.Getenv("MONGOCD_SOAK") != "" {
		step = 1
	}
	weaves := validWeaves(t)
	if len(weaves) < 400 {
		t.Errorf("%d valid weaves, want at least 400", len(weaves))
	}
	counts, seen, n := map[int]int{}, map[string]bool{}, 0
	var several strings.Builder
	for _, name := range slices.Sorted(maps.Keys(weaves)) {
		text := weaves[name]
		if seen[text] {
			continue
		}
		seen[text] = true
		f := source.NewFile(name, text)
		tokens, _ := token.Scan(f)
		for _, tok := range tokens {
			if n++; tok.Kind == token.Comment || tok.Kind == token.EOF || n%step != 0 {
				continue
			}
			_, errs := Parse(source.NewFile(name, text[:tok.Start]+text[tok.End:]))
			counts[len(errs)]++
			if len(errs) < 2 {
				continue
			}
			several.WriteString("\n" + strconv.Itoa(len(errs)) + " for " + source.Span{File: f, Start: tok.Start}.String() + " without " + strconv.Quote(text[tok.Start:tok.End]))
			for _, e := range errs {
				several.WriteString("\n    " + brief(e))
			}
			if len(errs) > mostMessages {
				t.Errorf("%s without %q: %d messages", source.Span{File: f, Start: tok.Start}, text[tok.Start:tok.End], len(errs))
			}
		}
	}
	wrong := 0
	for messages, n := range counts {
		if messages > 0 {
			wrong += n
		}
	}
	t.Logf("%d deletions in %d weaves are errors, %.2f%% of them with one message; by number of messages: %v", wrong, len(seen), 100*float64(counts[1])/float64(wrong), counts)
	if counts[1]*1000 < wrong*leastSingle {
		t.Errorf("want at least %.1f%% with one message:%s", leastSingle/10.0, several.String())
	}
}
