package cases

import "testing"

// What the engine does not keep byte for byte cannot be tested on it: such a
// case has to say so (directive "directory") and runs on the directory store.
func TestEngineKeepsTheCorpus(t *testing.T) {
	for _, c := range readCases(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for what, world := range map[string][]collection{"before": c.before, "after": c.after} {
				d := newDestination(t, databasesOf(world))
				d.load(t, world)
				wantWorld(t, what, d.dump(t), world)
			}
		})
	}
}
