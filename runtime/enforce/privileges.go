package enforce

// What a user has to be allowed (docs/privileges.md). In: a state and a command,
// or what a run is about to write; out: the privileges that they need, and
// conflicts for those that the user has not. Names of actions are MongoDB's
// (manual: reference/privilege-actions).

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Privilege is actions on a collection; an empty Collection is every one of the
// database.
type Privilege struct {
	Database, Collection string
	Actions              []string // sorted
}

// Privileges are what a command ("plan", which is verify and runs too, "apply" or "undo")
// can need for a state: those of databases first, each sorted. Commands of
// `before` and `after` need their own.
func Privileges(state *desired.State, options Options, command string) []Privilege {
	all := privileges{}
	for _, c := range state.Collections {
		ns := options.namespace(c)
		all.add(ns.Database, "", "listCollections")
		if c.IsView() {
			if command == "apply" {
				all.add(ns.Database, ns.Collection, "createCollection")
				if on, ok := doc.Get(c.Options, doc.Path{"viewOn"}); ok {
					name, _ := on.StringValueOK()
					all.add(ns.Database, name, "find")
				}
			}
			continue
		}
		all.add(ns.Database, ns.Collection, "find", "listIndexes")
		if command != "undo" && len(c.Indexes) > 0 { // of one to be built the size is said
			all.add(ns.Database, ns.Collection, "collStats")
		}
		if command != "plan" {
			all.add(ns.Database, ns.Collection, writingActions(c, command == "undo")...)
		}
	}
	database := options.stateDatabase()
	for _, name := range control.Collections {
		if command == "plan" {
			if name != control.JournalCollection {
				all.add(database, name, "find")
			}
			continue
		}
		all.add(database, name, "find", "insert", "update", "remove")
	}
	return all.sorted()
}

// writingActions are what apply can need of a collection, or undo of it.
func writingActions(c *desired.Collection, undo bool) []string {
	inserts := c.Mode != desired.Update && c.Mode != desired.Structure
	updates := c.Mode != desired.Insert && c.Mode != desired.Structure
	removes := c.Prune != nil
	creates, drops := len(c.Indexes) > 0, c.IndexesExact || len(c.DropIndexes) > 0 || len(c.Declared) > 0
	if updates && slices.ContainsFunc(c.Indexes, func(spec bson.Raw) bool { _, unique := stores.ParseUnique(spec); return unique }) {
		inserts, removes = true, true // unique values that move in a transaction
	}
	actions := []string{}
	if undo {
		inserts, removes = removes, inserts
		creates, drops = drops, creates
	} else {
		actions = append(actions, "createCollection")
	}
	for action, needed := range map[string]bool{
		"insert": inserts, "update": updates, "remove": removes, "createIndex": creates, "dropIndex": drops,
		"collMod": len(c.SetOptions) > 0 || len(c.Declared) > 0,
	} {
		if needed {
			actions = append(actions, action)
		}
	}
	return actions // add sorts them
}

// privileges collects actions by database and collection.
type privileges map[[2]string][]string

func (p privileges) add(database, collection string, actions ...string) {
	key := [2]string{database, collection}
	p[key] = append(p[key], actions...)
}

func (p privileges) sorted() []Privilege {
	var out []Privilege
	for key, actions := range p {
		slices.Sort(actions)
		out = append(out, Privilege{key[0], key[1], slices.Compact(actions)})
	}
	slices.SortFunc(out, func(a, b Privilege) int {
		if a.Database == b.Database {
			return strings.Compare(a.Collection, b.Collection)
		}
		return strings.Compare(a.Database, b.Database)
	})
	return out
}

// needed are the privileges with which looks can be written: reading was allowed.
func (r *run) needed(looks []*look) []Privilege {
	all := privileges{}
	for _, l := range looks {
		add := func(needed bool, action string) {
			if needed {
				all.add(l.ns.Database, l.ns.Collection, action)
			}
		}
		add(l.missing, "createCollection")
		add(len(l.indexPlan.Create) > 0, "createIndex")
		add(len(l.indexPlan.Drop) > 0, "dropIndex")
		add(len(l.indexPlan.Modify)+len(l.optionPlan.Commands) > 0, "collMod")
		for i := range l.writes {
			add(l.writes[i].before == nil, "insert")
			add(l.writes[i].before != nil, "update")
		}
		add(len(l.deletes) > 0, "remove")
		for _, s := range l.stages { // an update in a transaction is a delete and an insert
			moves := s.Whole && slices.ContainsFunc(s.Writes, func(i int) bool { return l.writes[i].before != nil })
			add(moves, "insert")
			add(moves, "remove")
		}
	}
	return append(all.sorted(), r.remembering()...)
}

// remembering are the privileges with which a run that writes remembers it.
func (r *run) remembering() []Privilege {
	all := privileges{}
	for _, name := range control.Collections {
		all.add(r.options.stateDatabase(), name, "find", "insert", "remove", "update")
	}
	return all.sorted()
}

// lacking reports the privileges that the user has not, as far as the server
// says which ones it has: without authentication, or when it does not answer,
// nothing is judged.
func (r *run) lacking(ctx context.Context, needed []Privilege) {
	if !r.memory.db.Keeps() {
		return
	}
	reply, err := r.memory.db.Send(ctx, "admin", bson.D{{Key: "connectionStatus", Value: int32(1)}, {Key: "showPrivileges", Value: true}})
	if err != nil {
		return // what is missing is said where it is refused
	}
	var users []string
	list, _ := reply.Lookup("authInfo", "authenticatedUsers").ArrayOK()
	for _, v := range doc.Fields(bson.Raw(list)) {
		d, _ := v.DocumentOK()
		user, _ := d.Lookup("user").StringValueOK()
		database, _ := d.Lookup("db").StringValueOK()
		users = append(users, user+"@"+database)
	}
	granted, _ := reply.Lookup("authInfo", "authenticatedUserPrivileges").ArrayOK()
	if len(users) == 0 || len(granted) <= len(doc.Empty) { // who may nothing could not have read
		return
	}
	for _, p := range needed {
		missing := slices.DeleteFunc(slices.Clone(p.Actions), func(action string) bool { return grants(bson.Raw(granted), p.Database, p.Collection, action) })
		if len(missing) == 0 {
			continue
		}
		c := r.conflict(change.MissingPrivilege, "users", change.Clean(strings.Join(users, ", ")), "actions", strings.Join(missing, ", "), "namespace", change.Clean(p.Database+"."+p.Collection))
		c.Database, c.Collection = p.Database, p.Collection
	}
}

// grants reports whether one of the privileges allows an action on a collection
// (MongoDB manual: reference/resource-document).
func grants(granted bson.Raw, database, collection, action string) bool {
	for _, v := range doc.Fields(granted) {
		d, _ := v.DocumentOK()
		list, _ := d.Lookup("actions").ArrayOK()
		allowed := false
		for _, a := range doc.Fields(bson.Raw(list)) {
			name, _ := a.StringValueOK()
			allowed = allowed || name == action || name == "anyAction"
		}
		resource, _ := d.Lookup("resource").DocumentOK()
		if allowed && covers(resource, database, collection) {
			return true
		}
	}
	return false
}

// covers: an empty database or collection of a resource is any one, but for the
// collections of the server itself.
func covers(resource bson.Raw, database, collection string) bool {
	if any, ok := resource.Lookup("anyResource").BooleanOK(); ok && any {
		return true
	}
	db, ok := resource.Lookup("db").StringValueOK()
	c, named := resource.Lookup("collection").StringValueOK()
	if !ok || !named {
		return false
	}
	return (db == "" || db == database) && (c == collection || c == "" && !strings.HasPrefix(collection, "system."))
}
