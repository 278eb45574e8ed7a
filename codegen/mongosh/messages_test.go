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

	"github.com/hayone1/mongocd/runtime/change"
)

// TestMessages reads the texts of conflicts, of notes and of reasons in the Go
// engine's sources, and compares them with the prelude's.
func TestMessages(t *testing.T) {
	conflicts, codes := map[string][]any{}, map[string]string{}
	for _, name := range []string{"change/conflicts.go", "enforce/messages.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), "../../runtime/"+name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			name := spec.Names[0].Name
			switch value := spec.Values[0].(type) {
			case *ast.BasicLit:
				codes[name] = unquote(t, value)
			case *ast.CompositeLit: // code, message, fix
				var pair []any
				for _, e := range value.Elts[1:] {
					switch e := e.(type) {
					case *ast.BasicLit:
						pair = append(pair, unquote(t, e))
					case *ast.SelectorExpr: // Other.Fix
						pair = append(pair, conflicts[e.X.(*ast.Ident).Name][1])
					}
				}
				conflicts[name] = pair
			}
			return true
		})
	}
	js := newVM(t)
	got := js.Run("engine.TEXTS").Export().(map[string]any)
	for name, pair := range conflicts {
		key := strings.ToLower(name[:1]) + name[1:]
		if strings.HasPrefix(name, "ID") {
			key = "id" + name[2:]
		}
		if !reflect.DeepEqual(got[key], pair) {
			t.Errorf("%s: the prelude has\n%q, conflicts.go\n%q", key, got[key], pair)
		}
		delete(got, key)
	}
	for key := range got {
		t.Errorf("the prelude has %s, conflicts.go has not", key)
	}
	var order []any
	for _, info := range change.ConflictInfos() {
		order = append(order, info.Code)
	}
	if got := js.Run("engine.CONFLICT_ORDER").Export(); !reflect.DeepEqual(got, any(order)) {
		t.Errorf("order of conflicts: the prelude has %q, conflictcodes.go %q", got, order)
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
