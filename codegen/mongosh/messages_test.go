package mongosh

// The texts of the two engines are the same ones.

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestMessages reads messages.go and compares its texts with the prelude's.
func TestMessages(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../runtime/enforce/messages.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]any{}
	var order []any
	codes := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		name := spec.Names[0].Name
		switch value := spec.Values[0].(type) {
		case *ast.BasicLit:
			codes[name] = unquote(t, value)
		case *ast.CompositeLit:
			if name == "conflictOrder" {
				for _, e := range value.Elts {
					order = append(order, codes[e.(*ast.Ident).Name])
				}
			}
			if !strings.HasPrefix(name, "text") {
				return true
			}
			var pair []any
			for _, e := range value.Elts {
				switch e := e.(type) {
				case *ast.BasicLit:
					pair = append(pair, unquote(t, e))
				case *ast.SelectorExpr: // textOther.fix
					pair = append(pair, want[e.X.(*ast.Ident).Name][1])
				}
			}
			want[name] = pair
		}
		return true
	})
	js := newVM(t)
	got := js.Run("engine.TEXTS").Export().(map[string]any)
	for name, pair := range want {
		key := strings.ToLower(name[4:5]) + name[5:]
		if strings.HasPrefix(name, "textID") {
			key = "id" + name[6:]
		}
		if !reflect.DeepEqual(got[key], pair) {
			t.Errorf("%s: the prelude has\n%q, messages.go\n%q", key, got[key], pair)
		}
		delete(got, key)
	}
	for key := range got {
		t.Errorf("the prelude has %s, messages.go has not", key)
	}
	if got := js.Run("engine.CONFLICT_ORDER").Export(); !reflect.DeepEqual(got, any(order)) {
		t.Errorf("order of conflicts: the prelude has %q, messages.go %q", got, order)
	}
	lefts := js.Run("engine.LEFT").Export().(map[string]any)
	for name, text := range codes {
		if !strings.HasPrefix(name, "left") {
			continue
		}
		constant := strings.ToUpper(regexp.MustCompile("[A-Z]").ReplaceAllString(name, "_$0"))
		if lefts[constant] != any(text) {
			t.Errorf("%s: the prelude has %q, messages.go %q", name, lefts[constant], text)
		}
		delete(lefts, constant)
	}
	for name := range lefts {
		t.Errorf("the prelude has %s, messages.go has not", name)
	}
	for name, constant := range map[string]string{"noteShardKeysUnread": "NOTE_SHARD_KEYS_UNREAD", "noteHeld": "NOTE_HELD", "noteStateUnread": "NOTE_STATE_UNREAD", "noteUnsent": "NOTE_UNSENT", "noteUnjudged": "NOTE_UNJUDGED", "noteValidationLogged": "NOTE_VALIDATION_LOGGED", "reasonName": "REASON_NAME", "reasonOptions": "REASON_OPTIONS", "reasonTTL": "REASON_TTL", "reasonInPlace": "REASON_IN_PLACE",
		"reasonRebuilt": "REASON_REBUILT", "reasonDropIndex": "REASON_DROP_INDEX", "reasonExact": "REASON_EXACT", "reasonNameWanted": "REASON_NAME_WANTED", "valueRemoved": "VALUE_REMOVED",
		"whyNoTransactions": "WHY_NO_TRANSACTIONS", "whyTooMany": "WHY_TOO_MANY"} {
		if got := js.Run("engine." + constant).String(); got != codes[name] {
			t.Errorf("%s: the prelude has %q, messages.go %q", name, got, codes[name])
		}
	}
}

func unquote(t *testing.T, lit *ast.BasicLit) string {
	t.Helper()
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
