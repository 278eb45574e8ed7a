package cases

// What a server answers to a write that it refuses, or that no majority has confirmed:
// both engines say it, mongosh itself among them, whose driver gives parts of a reply as
// bytes.

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

func TestRefusedWritesAreSaid(t *testing.T) {
	state := &desired.State{Weave: "wire", Environment: "prod", Compiler: "mongocd test", Collections: []*desired.Collection{{
		Database: "db", Name: "items", Origin: "w.weave:1:1", Mode: desired.Exact, Identity: []doc.Path{{"_id"}},
		Documents: []desired.Document{{Raw: ejson(`{"_id": 1, "a": 1}`)}, {Raw: ejson(`{"_id": 2, "a": 2}`)}},
	}}}
	program, script := goProgram(t, state), scriptArtefact(buildScript(t, state))
	for _, test := range []struct {
		name, reply string
		want        []string
	}{
		{"a document", `{"ok": 1, "n": 1, "writeErrors": [{"index": 1, "code": 121, "errmsg": "Document failed validation", "errInfo": {"failingDocumentId": 2}}]}`,
			[]string{"_id: 2", "Document failed validation"}},
		{"no majority", `{"ok": 1, "n": 2, "writeConcernError": {"code": 64, "codeName": "WriteConcernTimeout", "errmsg": "waiting for replication timed out"}}`,
			[]string{"waiting for replication timed out"}},
	} {
		for _, a := range []artefact{program, script} {
			t.Run(a.name+"/"+test.name, func(t *testing.T) {
				d := newDestination(t, []string{"db"})
				d.proxy.Answer(func(c wire.Command) bson.Raw {
					if c.Name != "insert" || c.Database != d.prefix+"db" {
						return nil
					}
					return ejson(test.reply)
				})
				report := a.run(t, "apply", d.proxy.URI(), d.redirects(), true).report(t, d.original)
				text := view.Text(&report, false)
				for _, want := range test.want {
					if report.Exit == 0 || !strings.Contains(text, want) {
						t.Errorf("exit %d, want %q in\n%s", report.Exit, want, text)
					}
				}
			})
		}
	}
}
