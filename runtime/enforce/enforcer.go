package enforce

// What a run is given. In: a store, a state and options; out: an enforcer, which is
// filled once and has what all phases need.

import (
	"slices"
	"strings"
	"sync"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/stores"
)

// enforcer is what a run is given. It does not change.
type enforcer struct {
	command  string
	state    *desired.State // with the secrets that are given
	options  Options
	clock    stores.Clock
	store    stores.Store           // reads are tried again
	memory   *memory                // where the run remembers
	wanted   []*compare.Collection  // those of the state, in its order
	keys     []func() *compare.Keys // of each of wanted, calculated once
	links    *compare.Links
	redactor desired.Redactor // takes secrets out of a server's words
	// Of what was compiled, calculated when they are needed: its digest, and that of all
	// that it can write.
	artefact func() (string, error)
	content  func() ([]byte, error)
}

func newEnforcer(store stores.Store, state *desired.State, options Options, command string) (*enforcer, error) {
	if err := options.Check(state); err != nil {
		return nil, err
	}
	clock := stores.NewClock(options.Now, options.Sleep)
	memory, err := newMemory(store, state, options, clock)
	if err != nil {
		return nil, err
	}
	given, wanted := compare.NewCollections(state, options.Secrets)
	e := &enforcer{
		command: command, state: given, options: options, clock: clock, store: stores.Retrying(store, clock),
		memory: memory, wanted: wanted, redactor: desired.NewRedactor(state, options.Secrets),
		artefact: sync.OnceValues(func() (string, error) { return artefactDigest(state) }),
		content:  sync.OnceValues(state.ContentDigest),
	}
	for _, c := range wanted {
		e.keys = append(e.keys, sync.OnceValue(func() *compare.Keys { return compare.KeysOf(c) }))
	}
	e.links = compare.NewLinks(given, e.namespace)
	return e, nil
}

func (e *enforcer) namespace(c *desired.Collection) stores.Namespace { return e.options.Namespace(c) }

// secretsMissing is a conflict for what apply would need and is not given.
func (e *enforcer) secretsMissing() []change.Conflict {
	var missing []string
	for _, name := range e.state.SecretNames() {
		if _, ok := e.options.Secrets[name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	c := change.SecretMissing.Conflict("names", strings.Join(missing, ", "), "name", missing[0])
	c.Origin = e.state.SecretOrigin(missing[0])
	return []change.Conflict{c}
}

// ownSource reports whether a destination collection is one that the data was
// extracted from.
func (e *enforcer) ownSource(info *stores.CollectionInfo) bool {
	return info != nil && len(info.UUID) > 0 && !e.options.SameCluster && slices.Contains(e.state.Sources, layout.SourceID(info.UUID))
}

// isServer reports whether the destination is a server, or stands for one.
func (e *enforcer) isServer() bool { return e.memory.db.Keeps() || e.options.Hello != nil }

// progress says how far a stage is with a collection.
func (e *enforcer) progress(stage string, ns stores.Namespace, done, total int, unit string) {
	if e.options.Progress != nil {
		e.options.Progress(Progress{Phase: stage, Collection: ns.String(), Done: done, Total: total, Unit: unit})
	}
}
