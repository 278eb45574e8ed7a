package review

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Colours stand around what is safe already, and only where they are wanted.
func TestDiffColours(t *testing.T) {
	c := &Comparison{Kind: "revisions", From: "v1", To: "v2", Found: []describe.CollectionChanges{{
		Weave: "w\x1b[2J", Environment: "prod", From: "shop.flags", To: "shop.flags", Before: 1, After: 2,
		Settings: []describe.FieldChange{{Path: "mode", Before: doc.String("replace"), After: doc.String("merge")}},
		Documents: []describe.DocumentChanges{
			{Action: describe.ChangeDocument, Document: "name \"a\"", Fields: []describe.FieldChange{{Path: "n", Before: doc.String("\x1b[2J"), After: bson.RawValue{}}}},
			{Action: describe.RemoveDocument, Document: "name \"b\""},
		},
		Conflicts: []string{"apply would refuse: x"},
	}}}
	plain := "w\\u{1b}[2J for prod: shop.flags\n  1 document at v1, 2 at v2, 1 changed, 1 removed\n  ! apply would refuse: x\n  ~ mode: \"replace\" → \"merge\"\n" +
		"  ~ name \"a\"\n      n: \"\\u{1b}[2J\" → (missing)\n  - name \"b\"\n"
	if got := c.Text(Items, false); got != plain {
		t.Errorf("plain:\n%s", got)
	}
	colored := c.Text(Items, true)
	for _, want := range []string{"\x1b[31m\"replace\"\x1b[0m → \x1b[32m\"merge\"\x1b[0m", "\x1b[33m~ name \"a\"\x1b[0m", "\x1b[31m- name \"b\"\x1b[0m"} {
		if !strings.Contains(colored, want) {
			t.Errorf("no %q in\n%q", want, colored)
		}
	}
	without := colored
	for _, style := range []string{bold, red, green, yellow} {
		without = strings.ReplaceAll(without, "\x1b["+style+"m", "")
	}
	if strings.ReplaceAll(without, "\x1b[0m", "") != plain {
		t.Errorf("colours change the text:\n%q", colored)
	}
	if markdown := c.Markdown(Items); strings.Contains(markdown, "\x1b") {
		t.Errorf("%q", markdown)
	}
}
