package mongosh

// What servers answer when they refuse is said in the same words by both engines and by
// extract: a row for each code, which the proxy answers in the server's place.

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/stores"
	storemongo "github.com/hayone1/mongocd/runtime/stores/mongo"
)

func TestServerAnswers(t *testing.T) {
	w := watch(t)
	const name, memory = "f_answers", "f_answers_state"
	s := state(collection(t, name, "c", desired.Merge, `{"_id": 1, "a": 1}`))
	script := stateText(t, s)
	for _, a := range stores.Answers {
		if stores.RetryableCode(a.Code) { // below
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

// TestRetriedAnswers: what may pass is sent again as often as there are waits, by both
// engines; then it is the run's failure, in the words of its code.
func TestRetriedAnswers(t *testing.T) {
	w := watch(t)
	var codes []stores.Answer
	for _, a := range stores.Answers {
		if stores.RetryableCode(a.Code) {
			codes = append(codes, a)
		}
	}
	most := 1 + len(stores.RetryWaits)
	var mu sync.Mutex
	sent := map[string]int{} // by database
	w.proxy.Answer(func(c wire.Command) bson.Raw {
		var code, fails int
		if n, _ := fmt.Sscanf(c.Database, "f_again_%d_%d", &code, &fails); c.Name != "listCollections" || n != 2 {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		if sent[c.Database]++; sent[c.Database] > fails {
			return nil
		}
		reply, err := bson.Marshal(bson.D{{Key: "ok", Value: 0.0}, {Key: "code", Value: int32(code)}, {Key: "errmsg", Value: "refused for a test"}})
		if err != nil {
			t.Error(err)
		}
		return reply
	})
	check := func(a stores.Answer, engine string, fails, times int, text string) {
		if times != most {
			t.Errorf("%d, %s: sent %d times, want %d", a.Code, engine, times, most)
		}
		wanted := []string{"failed: refused for a test", a.Name, a.Means + ".", a.Fix, "failed, exit 1"}
		if fails < most {
			wanted = []string{"result: changes, exit 0"}
		}
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				t.Errorf("%d, %s: no %q in\n%s", a.Code, engine, want, text)
			}
		}
	}
	var running sync.WaitGroup
	for _, a := range codes {
		for _, fails := range []int{most - 1, most} {
			name := fmt.Sprintf("f_again_%d_%d", a.Code, fails)
			s := state(collection(t, name, "c", desired.Merge, `{"_id": 1, "a": 1}`))
			// Each with a client of its own, and all at once: after most of these codes the driver
			// looks for a primary again, half a second later (it is not told: the primary is still one).
			running.Go(func() {
				store, err := storemongo.Open(t.Context(), w.proxy.URI()+"&retryReads=false&serverMonitoringMode=poll&heartbeatFrequencyMS=500", storemongo.Options{Comment: "mongocd w/e"})
				if err != nil {
					t.Error(err)
					return
				}
				r, err := enforce.Plan(t.Context(), store, s, enforce.Options{StateDatabase: "f_again_state", Sleep: func(context.Context, time.Duration) {}})
				if err = errors.Join(err, store.Close(context.WithoutCancel(t.Context()))); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				check(a, "go", fails, sent[name], view.Text(r, false))
			})
			// By the script the server is not asked: its driver would wait, one code after the other.
			w.js.Run(fmt.Sprintf(`times = 0; hook = r => {
				if (r.kind === 'sleep') return {value: undefined};
				if (!r.command || !r.command.listCollections || ++times > %d) return undefined;
				return {error: {message: 'refused for a test', server: true, labels: [], code: %d}};
			}`, fails, a.Code))
			other := state(collection(t, "f_again_script", "c", desired.Merge, `{"_id": 1, "a": 1}`))
			text := w.js.RunState(stateText(t, other), "plan", map[string]string{"MONGOCD_STATE_DATABASE": "f_again_state"}).Text
			check(a, "mongosh", fails, int(w.js.Run("times").ToInteger()), text)
		}
	}
	running.Wait()
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
