package cases

// What tests ask of their destinations: the table of docs/portability.md names cases.

import (
	"sync"
	"testing"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

// asks are the parts of commands (wire.Uses) that each test has sent.
type asks struct {
	mu     sync.Mutex
	byTest map[string]map[string]bool
}

var asked = asks{byTest: map[string]map[string]bool{}}

func (a *asks) note(test string, c wire.Command) {
	uses := wire.Uses(c)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byTest[test] == nil {
		a.byTest[test] = map[string]bool{}
	}
	for _, use := range uses {
		a.byTest[test][use] = true
	}
}

// wantShown: a case sends what the table says that it shows.
func (a *asks) wantShown(t *testing.T, name string) {
	if t.Failed() {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range wire.Parts {
		if p.Shown == name && !a.byTest[t.Name()][p.Use] {
			t.Errorf("docs/portability.md says that this case shows %q, which it does not send", p.Use)
		}
	}
}
