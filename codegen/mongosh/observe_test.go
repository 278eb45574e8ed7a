package mongosh

// What a script has observed is a value: runtime/enforce, TestObservationsAreValues, holds
// that of the Go engine.

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// observing drives the parts of a run, and writes all of a value as text: but for the run
// that it belongs to.
const observing = `
function through(part) {
  let step = part.next();
  while (!step.done) step = part.next(answer(step.value));
  return step.value;
}
function all(value, above = []) {
  if (value === null || typeof value !== 'object') return typeof value + ' ' + String(value);
  if (above.includes(value)) return 'itself';
  const inside = v => all(v, [...above, value]);
  if (value instanceof Uint8Array) return 'bytes ' + value.join(' ');
  if (value instanceof Map) return 'map{' + [...value].map(([k, v]) => inside(k) + ': ' + inside(v)).join(', ') + '}';
  if (value instanceof Set) return 'set{' + [...value].map(inside).join(', ') + '}';
  return '{' + Object.keys(value).filter(k => k !== 'run').map(k => k + ': ' + inside(value[k])).join(', ') + '}';
}
function left(seen) {
  return seen.all.map(l => [l.report.counts.insert, l.report.counts.update, l.report.counts.delete, l.writes.length, l.deletes.length, l.bound].join(' ')).join(', ');
}
function observeTwice(between) {
  const state = start(mongocdState), settings = engine.readSettings({MONGOCD_MODE: 'apply', MONGOCD_STATE_DATABASE: 'f_values_state'}, state);
  if (between === 'write at once') settings.stateDatabase = ''; // where no lease is taken, and nothing observed under it
  const run = engine.newRun(state, settings), before = through(engine.observe(run)), differed = before.differs(), {letGo} = Object.getPrototypeOf(before.all[0]);
  for (const l of before.all) l.letGo = () => undefined; // or nothing would be left of it
  const was = all(before);
  const after = between !== 'observe' ? (through(engine.write(run, before)), through(engine.observe(run))) : through(engine.observeAgain(run, before));
  const out = [left(before), left(after), all(before) === was ? '' : was + '\n' + all(before), String(after === before || after.all.some((l, i) => l === before.all[i])), JSON.stringify(run.report.failure)];
  for (const l of before.all) letGo.call(l);
  return [...out, String(before.differs() === differed && before.all.every(l => l.writes.length + l.deletes.length + l.live.length === 0))];
}
`

// TestObservationsOfScriptsAreValues: neither another observation nor the writing of what
// was observed changes it, but that it is let go: then it still says whether there was something to do.
func TestObservationsOfScriptsAreValues(t *testing.T) { engine.OnEach(t, testObservationsOfScripts) }

func testObservationsOfScripts(t *testing.T) {
	client, _ := connect(t)
	freshDatabase(t, client, "f_values_state")
	database := client.Database("f_values")
	c := collection(t, "f_values", "c", desired.Exact, `{"_id": 1, "a": 1, "to": null}`, `{"_id": 2, "a": 2, "to": null}`)
	c.Documents[0].Links = []desired.LinkedID{{Path: []string{"to"}, Database: "f_values", Collection: "d", Identity: []bson.RawValue{doc3(t)}}}
	c.Prune = &desired.Prune{Origin: "w.weave:2:1", AtMost: 50, Percent: true, Filter: parse(t, `{}`)}
	c.Indexes = []bson.Raw{parse(t, `{"key": {"a": 1}, "name": "a_1", "unique": true}`)}
	d := collection(t, "f_values", "d", desired.Merge, `{"name": 3}`)
	d.Identity = []doc.Path{{"name"}}
	js := serverVM(t, client)
	js.Run(observing)
	js.Run("var " + strings.TrimPrefix(stateText(t, state(c, d)), "const "))
	twice := js.Function(`(between) => observeTwice(between)`)
	for between, want := range map[string]string{"observe": "1 1 1 2 1 1, 1 0 0 1 0 0", "write": "0 0 0 0 0 1, 0 0 0 0 0 0", "write at once": "0 0 0 0 0 1, 0 0 0 0 0 0"} {
		seed(t, database.Collection("c"), []bson.Raw{parse(t, `{"_id": 1, "a": 0}`), parse(t, `{"_id": 3, "a": 9}`)}, nil)
		if err := database.Collection("d").Drop(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := twice(between).Export().([]any)
		if got[0] != "1 1 1 2 1 1, 1 0 0 1 0 0" || got[1] != want || got[4] != nil {
			t.Errorf("%s: observed %v, then %v, want %s; failure %v", between, got[0], got[1], want, got[4])
		}
		if got[2] != "" {
			t.Errorf("%s: what was observed before has changed:\n%v", between, got[2])
		}
		if got[3] != "false" {
			t.Errorf("%s: what is observed again is what was observed before", between)
		}
		if got[5] != "true" {
			t.Errorf("%s: what is let go differs otherwise, or holds what was read", between)
		}
	}
}

// doc3 is the value 3.
func doc3(t *testing.T) bson.RawValue { return parse(t, `{"name": 3}`).Lookup("name") }
