package format

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// respaced writes a text with other white space and comments where it had some outside texts.
func respaced(text string, gap func(old string) string) string {
	f := source.NewFile("a.weave", text)
	tokens, _ := token.Scan(f)
	var b strings.Builder
	end, depth := 0, 0
	for _, tok := range tokens {
		old := f.Text[end:tok.Start]
		switch {
		case depth > 0 || old == "" || tok.Kind == token.EOF:
			b.WriteString(old)
		case strings.HasPrefix(f.Text[tok.Start:tok.End], "#"):
			b.WriteString(old) // the comment's own line break comes with the next gap
		default:
			g := gap(old)
			if strings.Contains(old, "\n") && !strings.Contains(g, "\n") {
				g += "\n"
			}
			b.WriteString(g)
		}
		b.WriteString(f.Text[tok.Start:tok.End])
		switch tok.Kind {
		case token.TextStart:
			depth++
		case token.TextEnd:
			depth--
		}
		end = tok.End
	}
	return b.String()
}

// The language's files with line breaks and comments in the oddest places keep
// their meaning and comments, and formatting them is final.
func TestFormatRespaced(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	gaps := map[string]func(string) string{
		"spaces":         func(string) string { return "  " },
		"blank lines":    func(old string) string { return strings.ReplaceAll(old, "\n", "\n\n\n") },
		"block comments": func(string) string { return " /* c */ " },
		"line comments":  func(string) string { return " # c\n" },
		"lines":          func(string) string { return "\n" },
		"CRLF":           func(old string) string { return strings.ReplaceAll(old, "\n", "\r\n") },
	}
	for i := range 20 {
		gaps["random "+string(rune('a'+i))] = func(old string) string {
			if random.IntN(4) > 0 {
				return old
			}
			return []string{" ", "\n", "\n\n", " # c\n", "\n  # d\n\n", " /* e */ ", "\n/* f\n g */\n"}[random.IntN(7)]
		}
	}
	parsed := 0
	for file, text := range weaveFiles(t) {
		if _, errs := parser.Parse(source.NewFile(file, text)); len(errs) > 0 {
			continue // the file of a test for errors
		}
		for name, gap := range gaps {
			in := respaced(text, gap)
			_, errs := parser.Parse(source.NewFile("a.weave", in))
			if len(errs) > 0 {
				// A word at the beginning of a line may be taken for a statement.
				if name == "spaces" || name == "CRLF" || name == "block comments" {
					t.Errorf("%s with %s: %v", file, name, errs)
				}
				continue
			}
			parsed++
			formatted(t, in)
		}
	}
	if parsed < 60 {
		t.Errorf("only %d texts could be parsed", parsed)
	}
}
