package mongosh

// What servers answer when they refuse is said in the same words by both engines and by
// extract: a row for each code, which the proxy answers in the server's place.

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
)

func TestServerAnswers(t *testing.T) {
	w := watch(t)
	const name, memory = "f_answers", "f_answers_state"
	s := state(collection(t, name, "c", desired.Merge, `{"_id": 1, "a": 1}`))
	script := stateText(t, s)
	for _, a := range stores.Answers {
		if stores.RetryableCode(a.Code) { // tried again for seconds: below
			continue
		}
		said := "refused for a test\x1b[31m; RetryAfterMs=34"
		w.proxy.Answer(func(c wire.Command) bson.Raw {
			if c.Name != "listCollections" || c.Database != name {
				return nil
			}
			reply, err := bson.Marshal(bson.D{{Key: "ok", Value: 0.0}, {Key: "code", Value: int32(a.Code)}, {Key: "codeName", Value: a.Name}, {Key: "errmsg", Value: said}})
			if err != nil {
				t.Error(err)
			}
			return reply
		})
		options := enforce.Options{StateDatabase: memory, Sleep: func(context.Context, time.Duration) {}}
		r, err := enforce.Plan(t.Context(), w.store, s, options)
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]string{"go": view.Text(r, false), "mongosh": w.js.RunState(script, "plan", map[string]string{"MONGOCD_STATE_DATABASE": memory}).Text}
		if texts["go"] != texts["mongosh"] {
			t.Errorf("%d: the engines say\n%s\n%s", a.Code, texts["go"], texts["mongosh"])
		}
		fix, _, _ := strings.Cut(a.Fix, "\n")
		for which, text := range texts {
			for _, want := range []string{"listing the collections of f_answers failed: refused for a test", a.Name, a.Means + ". It asks to come again in 34 ms.", fix, "failed, exit 1"} {
				if !strings.Contains(text, want) {
					t.Errorf("%d, %s: no %q in\n%s", a.Code, which, want, text)
				}
			}
			if strings.Contains(text, "\x1b") {
				t.Errorf("%d, %s: %q", a.Code, which, text)
			}
		}
	}
	w.proxy.Answer(nil)
}

// TestAdviceOfScripts: scripts have the advice of every code, and of what networks say.
func TestAdviceOfScripts(t *testing.T) {
	w := watch(t)
	s := state(collection(t, "f_answers", "c", desired.Merge, `{"_id": 1, "a": 1}`))
	script := stateText(t, s)
	check := func(code int, said string) {
		t.Helper()
		failing := `{message: ` + strconv.Quote(said) + `, server: ` + strconv.FormatBool(code != 0) + `, labels: [], code: ` + map[bool]string{true: strconv.Itoa(code), false: "undefined"}[code != 0] + `}`
		w.js.Run(`hook = r => r.kind === 'sleep' ? {value: undefined} : r.command && r.command.listCollections ? {error: ` + failing + `} : undefined`)
		text := w.js.RunState(script, "plan", map[string]string{"MONGOCD_STATE_DATABASE": "f_answers_state"}).Text
		for line := range strings.SplitSeq(stores.Advice(code, said), "\n") {
			if line == "" || !strings.Contains(text, line) {
				t.Errorf("%d %q: no %q in\n%s", code, said, line, text)
			}
		}
	}
	for _, a := range stores.Answers {
		check(a.Code, "no")
	}
	for _, trouble := range stores.Troubles {
		check(0, trouble.Says[0])
	}
	w.js.Run("hook = undefined")
}
