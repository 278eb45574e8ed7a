// Package editors holds what editors get of the language to what the compiler knows of it.
// In: the grammars of this folder, lang/parser and lang/function. There is nothing but tests here.
package editors

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/lang/function"
	"github.com/hayone1/mongocd/lang/parser"
)

const textMate = "vscode/syntaxes/weave.tmLanguage.json"

// words are all words of the grammar, sorted.
func words(t *testing.T) []string {
	var found []string
	for _, m := range regexp.MustCompile(`"([a-z]+)"`).FindAllStringSubmatch(parser.Grammar(), -1) {
		found = append(found, m[1])
	}
	slices.Sort(found)
	if found = slices.Compact(found); len(found) < 80 {
		t.Fatalf("%d words only: the test looks in the wrong place", len(found))
	}
	return found
}

// TestTextMateWords finds a word or function of the language that the TextMate grammar does not know, and functions that are no more.
func TestTextMateWords(t *testing.T) {
	data, err := os.ReadFile(textMate)
	if err != nil {
		t.Fatal(err)
	}
	var grammar struct {
		Repository struct {
			Functions struct{ Patterns []struct{ Match string } }
		}
	}
	if err := json.Unmarshal(data, &grammar); err != nil {
		t.Fatal(err)
	}
	for _, word := range words(t) {
		if !regexp.MustCompile(`(?:^|[^a-zA-Z\\]|\\s[+*])` + word + `(?:[^a-zA-Z]|$)`).Match(data) {
			t.Errorf("%s does not know the word %q", textMate, word)
		}
	}
	match := grammar.Repository.Functions.Patterns[0].Match
	before, list, _ := strings.Cut(match, ")(?:")
	list, after, _ := strings.Cut(list, ")(?=")
	want := strings.Join(function.Names(), "|")
	if list == want {
		return
	}
	if os.Getenv("UPDATE_GOLDEN") != "1" {
		t.Fatalf("the functions of %s are\n%s\nand these are all:\n%s\nUPDATE_GOLDEN=1 go test ./editors writes them", textMate, list, want)
	}
	old, now := []byte(match), []byte(before+")(?:"+want+")(?="+after)
	if !bytes.Contains(data, quoted(t, old)) {
		t.Fatalf("%s is written otherwise than this test writes it", textMate)
	}
	if err := os.WriteFile(textMate, bytes.Replace(data, quoted(t, old), quoted(t, now), 1), 0o644); err != nil {
		t.Fatal(err)
	}
}

// quoted is a text as the JSON of the grammar has it.
func quoted(t *testing.T, text []byte) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(string(text)); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(b.Bytes())
}
