package format

import (
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/lang/parser"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/lang/token"
)

// relaid writes a text with other line breaks and spaces between its tokens;
// comments, and single empty lines, stay where they are.
func relaid(text string, random *rand.Rand) string {
	f := source.NewFile("a.weave", text)
	tokens, _ := token.Scan(f)
	var b strings.Builder
	end, depth, comment := 0, 0, false
	gaps := []string{" ", "  ", "\t", "\n", "\n    ", " \r\n"}
	for _, tok := range tokens {
		old, word := f.Text[end:tok.Start], f.Text[tok.Start:tok.End]
		isComment := tok.Kind == token.Comment
		switch {
		case depth > 0, old == "", tok.Kind == token.EOF, comment, isComment, strings.Count(old, "\n") > 1:
			b.WriteString(old)
		case tok.Kind == token.Ident && parser.Keyword(word) && !strings.Contains(old, "\n"):
			b.WriteString(gaps[random.IntN(3)]) // at the beginning of a line it might begin a statement
		case random.IntN(3) > 0:
			b.WriteString(gaps[random.IntN(len(gaps))])
		default:
			b.WriteString(old)
		}
		b.WriteString(word)
		switch tok.Kind {
		case token.TextStart:
			depth++
		case token.TextEnd:
			depth--
		}
		end, comment = tok.End, isComment
	}
	first, rest, _ := strings.Cut(b.String(), "\n") // it says how the lines of the file end
	return strings.TrimSuffix(first, "\r") + "\n" + rest
}

// TestLayouts: two people's files are equal whatever their line breaks.
// MONGOCD_SOAK: 10,000 layouts, else a few hundred.
func TestLayouts(t *testing.T) {
	layouts := 400
	if os.Getenv("MONGOCD_SOAK") != "" {
		layouts = 10_000
	}
	random := rand.New(rand.NewPCG(3, 4))
	want := map[string]string{}
	for name, text := range weaveFiles(t) {
		if _, errs := parser.Parse(source.NewFile(name, text)); len(errs) == 0 {
			want[name] = formatted(t, text)
		}
	}
	files := slices.Sorted(maps.Keys(want))
	same := 0
	for i := range layouts {
		name := files[i%len(files)]
		in := relaid(want[name], random)
		before, _ := parser.Parse(source.NewFile("a.weave", want[name]))
		after, errs := parser.Parse(source.NewFile("a.weave", in))
		if len(errs) > 0 || tree(before) != tree(after) {
			continue // a word at the beginning of a line is taken for a statement
		}
		same++
		if got := formatted(t, in); got != want[name] {
			t.Fatalf("layout %d of %s:\n%s", i, name, Diff(name, want[name], got))
		}
	}
	t.Logf("%d layouts of %d files", same, len(files))
	if same < layouts/2 {
		t.Errorf("only %s of %d layouts could be parsed", strconv.Itoa(same), layouts)
	}
}

// TestCreatedFields: in a broken object each field has its line, one that is created, too.
func TestCreatedFields(t *testing.T) {
	const want = `amend c {
  document {
    name: "hot-fix", # as it was found
    rollout: 100,
    create until: date("2026-12-24T00:00:00.000Z"),
    create owner: { create team: "checkout", mail: "checkout@shop.example.com" },
  }
}
`
	if got := formatted(t, strings.ReplaceAll(want, ",\n    create", ", create")); got != want {
		t.Errorf("it is\n%s", got)
	}
}
