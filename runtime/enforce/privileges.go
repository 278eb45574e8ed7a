package enforce

// What a user has to be allowed (docs/privileges.md). In: a state and a command,
// or what a run is about to write; out: the privileges that they need
// (control.Privilege). Names of actions are MongoDB's
// (manual: reference/privilege-actions).

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/capability"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Privileges are what a command ("plan", which is verify and runs too, "apply" or "undo")
// can need for a state: those of databases first, each sorted. Commands of
// `before` and `after` need their own.
func Privileges(state *desired.State, options Options, command string) []control.Privilege {
	all := control.Privileges{}
	for _, c := range state.Collections {
		ns := options.Namespace(c)
		all.Add(ns.Database, "", "listCollections")
		if c.IsView() {
			if command == "apply" {
				all.Add(ns.Database, ns.Collection, "createCollection")
				if on, ok := doc.Get(c.Options, doc.Path{"viewOn"}); ok {
					name, _ := on.StringValueOK()
					all.Add(ns.Database, name, "find")
				}
			}
			continue
		}
		all.Add(ns.Database, ns.Collection, "find", "listIndexes")
		if command != "undo" && len(c.Indexes) > 0 { // of one to be built the size is said
			all.Add(ns.Database, ns.Collection, "collStats")
		}
		if command != "plan" {
			all.Add(ns.Database, ns.Collection, writingActions(c, command == "undo")...)
		}
	}
	database := options.StateName()
	if command == "apply" {
		all.Add(database, "", capability.ProbeActions...)
	}
	for _, name := range control.Collections {
		if command == "plan" {
			if name != control.JournalCollection {
				all.Add(database, name, "find")
			}
			continue
		}
		all.Add(database, name, control.StateActions...)
	}
	return all.List()
}

// writingActions are what apply can need of a collection, or undo of it.
func writingActions(c *desired.Collection, undo bool) []string {
	inserts := c.Mode != desired.Update && c.Mode != desired.Structure
	updates := c.Mode != desired.Insert && c.Mode != desired.Structure
	removes := c.Prune != nil
	if len(c.Moves) > 0 { // one that gets another identity may get another `_id`
		updates = true
		rekeys := slices.ContainsFunc(c.Identity, func(p doc.Path) bool { return p[0] == "_id" })
		inserts, removes = inserts || rekeys, removes || rekeys
	}
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
	return actions // List sorts them
}

// needed are the privileges with which what was observed can be written: reading was allowed.
func needed(seen *observed) []control.Privilege {
	all := control.Privileges{}
	for _, l := range seen.all {
		add := func(needed bool, action string) {
			if needed {
				all.Add(l.ns.Database, l.ns.Collection, action)
			}
		}
		add(l.missing, "createCollection")
		add(len(l.indexPlan.Create) > 0, "createIndex")
		add(len(l.indexPlan.Drop) > 0, "dropIndex")
		add(len(l.indexPlan.Modify)+len(l.optionPlan.Commands) > 0, "collMod")
		for i := range l.writes {
			inserted := l.writes[i].Inserts()
			add(inserted, "insert")
			add(!inserted, "update")
		}
		add(len(l.deletes) > 0, "remove")
		for _, s := range l.stages { // an update in a transaction is a delete and an insert
			moves := s.Whole && slices.ContainsFunc(s.Writes, func(i int) bool { return !l.writes[i].New() })
			add(moves, "insert")
			add(moves, "remove")
		}
	}
	return all.List()
}
