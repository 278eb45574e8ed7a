package changeset

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/codegen/cases/hostile"
	"github.com/hayone1/mongocd/runtime/safe"
	"github.com/hayone1/mongocd/runtime/stores"
)

// TestMongoshNames: no name begins a line, in the script or in what it prints; a state from a
// build folder may have any.
func TestMongoshNames(t *testing.T) {
	for _, text := range hostile.Texts {
		name := "w\n" + text
		r := &Recorder{Comment: "c"}
		r.Structure("create", stores.Namespace{Database: name, Collection: name}, marshal(t, bson.D{{Key: "create", Value: name}}))
		r.Hook(name, marshal(t, bson.D{{Key: "ping", Value: 1}}))
		p := Plan{Weave: name, Environment: name, Digest: "sha256:00", Steps: r.Steps}
		for _, s := range p.Steps {
			if strings.ContainsFunc(s.Title, safe.Hidden) {
				t.Errorf("%q: the title %q", text, s.Title)
			}
		}
		head, _, _ := strings.Cut(Mongosh(p), "\nconst plan = ")
		for line := range strings.Lines(head) {
			if line != "\n" && !strings.HasPrefix(line, "// ") || strings.ContainsFunc(strings.TrimSuffix(line, "\n"), safe.Hidden) {
				t.Errorf("%q: %q", text, line)
			}
		}
	}
}
