// Package changeset is a plan as a script or changelog that other tools run.
//
// In: the steps that apply would take, each with what must be so before, and the plan's
// digest. Out: text: a script for mongosh (mongosh.go), a changelog of Liquibase's MongoDB
// extension as XML or YAML (liquibase.go, liquibaseyaml.go), statements for Bytebase
// (bytebase.go, literal.go); readable.go says what none of JSON can be. Data is Extended JSON in string literals or text nodes, or
// literals, never code; hidden characters are escapes. What these tools write, mongocd
// knows nothing of: there is no journal, no lease and no ledger.
package changeset

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// Plan is what is to be written at one destination.
type Plan struct {
	Weave, Environment string
	Digest             string // of the plan: what apply --approved takes
	Steps              []Step
}

// Forms are the names of what a plan is written as.
var Forms = []string{"mongosh", "liquibase", "liquibase-yaml", "bytebase"}

// In is the plan in one of the Forms. The error says, as a phrase, why it cannot be.
func (p Plan) In(form string) (string, error) {
	if databases := p.Databases(); len(databases) > 1 && form != "mongosh" {
		return "", fmt.Errorf("this form is for one database, and this plan writes %s: with `for each`, choose one with --database; else use --output mongosh", change.Clean(strings.Join(databases, ", ")))
	}
	if form != "bytebase" { // which has literals
		if err := p.readable(form); err != nil {
			return "", err
		}
	}
	switch form {
	case "mongosh":
		return Mongosh(p), nil
	case "liquibase":
		return Liquibase(p)
	case "liquibase-yaml":
		return LiquibaseYAML(p)
	}
	return Bytebase(p)
}

// Databases are those that a plan writes to, sorted.
func (p Plan) Databases() []string {
	var out []string
	for _, s := range p.Steps {
		out = append(out, s.Command.Database)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Step is one command.
type Step struct {
	Title   string // for people, safe to print
	Command Command
	// Writes is the `n` that the reply must have; -1: it has none.
	Writes int
	// Look finds Found documents before the first step is taken; the zero value: nothing
	// is looked at.
	Look  Look
	Found int
	// Back takes the step back, in this order; nil: nothing can.
	Back []bson.Raw
}

// Command is a command and its database.
type Command struct {
	Database string
	Document bson.Raw
}

// Look is a query, or with Named a look for a collection of the name.
type Look struct {
	Collection string
	Filter     bson.Raw
	Named      bool
}

// Recorder collects steps.
type Recorder struct {
	Comment string
	Steps   []Step
	// Refused says why the steps cannot be handed to another tool; empty: they can.
	Refused string
	touched map[string]bool
}

// Refuse notes a reason, the first one counts.
func (r *Recorder) Refuse(format string, args ...any) {
	if r.Refused == "" {
		r.Refused = fmt.Sprintf(format, args...)
	}
}

// Structure adds a command on a collection or its indexes.
func (r *Recorder) Structure(what string, ns stores.Namespace, command bson.Raw, back ...bson.Raw) {
	s := Step{Title: title(what, ns), Command: Command{ns.Database, command}, Writes: -1, Back: back}
	if what == "create" {
		s.Look = Look{Collection: ns.Collection, Named: true}
		r.touched = with(r.touched, "new "+ns.String())
	}
	r.Steps = append(r.Steps, s)
}

// Hook adds a command of `before` or `after`.
func (r *Recorder) Hook(database string, command bson.Raw) {
	r.Steps = append(r.Steps, Step{Title: "command on " + change.Clean(database), Command: Command{database, command}, Writes: -1})
}

// Write adds an operation on a document. by are the paths that identify documents.
func (r *Recorder) Write(ns stores.Namespace, op stores.Op, by []doc.Path) {
	s := Step{Command: Command{ns.Database, one(ns, op, r.Comment)}, Writes: 1, Found: 1, Look: Look{Collection: ns.Collection}}
	id := op.Guard.ID
	switch op.Action {
	case stores.Insert:
		id, _ = doc.Get(op.Document, doc.Path{"_id"})
		s.Title, s.Found, s.Look.Filter = title("insert into", ns), 0, identified(op.Document, by)
		if id.Type != 0 { // else the server gives it one
			s.Back = []bson.Raw{one(ns, stores.Op{Action: stores.Delete, Guard: stores.Guard{ID: id, Whole: op.Document}}, r.Comment)}
		}
	case stores.Delete:
		s.Title = title("delete from", ns)
		if op.Guard.Whole != nil {
			s.Back = []bson.Raw{one(ns, stores.Op{Action: stores.Insert, Document: op.Guard.Whole}, r.Comment)}
		}
	case stores.Replace:
		s.Title = title("replace in", ns)
		if op.Guard.Whole != nil {
			s.Back = []bson.Raw{one(ns, stores.Op{Action: stores.Replace, Document: op.Guard.Whole, Guard: stores.Guard{ID: id, Key: op.Guard.Key, Whole: op.Document}}, r.Comment)}
		}
	default:
		s.Title = title("update in", ns)
		s.Back = []bson.Raw{one(ns, stores.Op{Action: stores.Update, Set: op.Guard.Present, Unset: op.Guard.Absent,
			Guard: stores.Guard{ID: id, Key: op.Guard.Key, Present: op.Set, Absent: op.Unset}}, r.Comment)}
	}
	if op.Action != stores.Insert {
		s.Look.Filter = filterOf(s.Command.Document)
	}
	// What an earlier step makes of the document, nobody can look at before.
	key := fmt.Sprintf("%s %s", ns, doc.Key(id))
	if id.Type != 0 && r.touched[key] || r.touched["new "+ns.String()] {
		s.Look = Look{}
	}
	r.touched = with(r.touched, key)
	r.Steps = append(r.Steps, s)
}

func with(set map[string]bool, key string) map[string]bool {
	if set == nil {
		set = map[string]bool{}
	}
	set[key] = true
	return set
}

// one is the command of one operation.
func one(ns stores.Namespace, op stores.Op, comment string) bson.Raw {
	return mongo.WriteCommands(ns, []stores.Op{op}, comment)[0]
}

// filterOf is the filter of an update or delete of one document.
func filterOf(command bson.Raw) bson.Raw {
	for _, list := range []string{"updates", "deletes"} {
		if v, ok := doc.Get(command, doc.Path{list}); ok {
			for _, element := range doc.Fields(bson.Raw(v.Value)) {
				q, _ := doc.Get(bson.Raw(element.Value), doc.Path{"q"})
				return bson.Raw(q.Value)
			}
		}
	}
	return nil
}

// identified finds documents of the `_id` or of the identity of a new one. An identity
// whose names or values a filter takes for something else is left to `_id`.
func identified(d bson.Raw, by []doc.Path) bson.Raw {
	var byID bson.Raw
	if id, ok := doc.Get(d, doc.Path{"_id"}); ok {
		byID = doc.NewBuilder(64).AppendDocument("_id", doc.NewBuilder(64).Append("$eq", id).Raw()).Raw()
	}
	b := doc.NewBuilder(128)
	for _, p := range by {
		v, ok := doc.Get(d, p)
		if !ok || slices.ContainsFunc(p, func(name string) bool { return name == "" || strings.ContainsAny(name, ".$\x00") }) {
			return byID
		}
		b.AppendDocument(strings.Join(p, "."), doc.NewBuilder(64).Append("$eq", v).Raw())
	}
	identity := b.Raw()
	switch {
	case len(by) == 0 || bytes.Equal(identity, byID):
		return byID
	case byID == nil:
		return identity
	}
	return doc.NewBuilder(256).AppendArray("$or", doc.Value(byID), doc.Value(identity)).Raw()
}

func title(what string, ns stores.Namespace) string {
	return what + " " + change.Clean(ns.Database+"."+ns.Collection)
}

// text is a document as canonical Extended JSON without characters that nobody sees.
func text(d bson.Raw) string { return string(view.EscapeJSON(doc.AppendCanonical(nil, d))) }
