package control

// What a user may do at the destination. In: the privileges that a run needs; out:
// conflicts for those that the user has not. Names of actions are MongoDB's (manual:
// reference/privilege-actions); the rules are docs/privileges.md.

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
)

// Privilege is actions on a collection; an empty Collection is every one of the
// database.
type Privilege struct {
	Database, Collection string
	Actions              []string // sorted
}

// Privileges collects actions by database and collection.
type Privileges map[[2]string][]string

// Add adds actions on a collection, or on every one of a database.
func (p Privileges) Add(database, collection string, actions ...string) {
	key := [2]string{database, collection}
	for _, action := range actions {
		if !slices.Contains(p[key], action) {
			p[key] = append(p[key], action)
		}
	}
}

// List returns what was added: those of databases first, each sorted.
func (p Privileges) List() []Privilege {
	var out []Privilege
	for key, actions := range p {
		slices.Sort(actions)
		out = append(out, Privilege{key[0], key[1], actions})
	}
	slices.SortFunc(out, func(a, b Privilege) int {
		if a.Database == b.Database {
			return strings.Compare(a.Collection, b.Collection)
		}
		return strings.Compare(a.Database, b.Database)
	})
	return out
}

// StateActions are those of a run that writes on each collection of the state database.
//
//js:table
var StateActions = []string{"find", "insert", "remove", "update"}

// Remembering are the privileges with which a run that writes remembers it.
func (d *Database) Remembering() []Privilege {
	all := Privileges{}
	for _, name := range Collections {
		all.Add(d.Name, name, StateActions...)
	}
	return all.List()
}

// Lacking are conflicts for the privileges that the user has not, as far as the server
// says which ones it has: without authentication, or when it does not answer,
// nothing is judged.
func (d *Database) Lacking(ctx context.Context, needed []Privilege) []change.Conflict {
	if !d.Keeps() {
		return nil
	}
	reply, err := d.Send(ctx, "admin", bson.D{{Key: "connectionStatus", Value: int32(1)}, {Key: "showPrivileges", Value: true}})
	if err != nil {
		return nil // what is missing is said where it is refused
	}
	var users []string
	list, _ := reply.Lookup("authInfo", "authenticatedUsers").ArrayOK()
	for _, v := range doc.Fields(bson.Raw(list)) {
		user, _ := v.DocumentOK()
		users = append(users, textOf(user, "user")+"@"+textOf(user, "db"))
	}
	granted, _ := reply.Lookup("authInfo", "authenticatedUserPrivileges").ArrayOK()
	if len(users) == 0 || len(granted) <= len(doc.Empty) { // who may nothing could not have read
		return nil
	}
	var conflicts []change.Conflict
	for _, p := range needed {
		missing := slices.DeleteFunc(slices.Clone(p.Actions), func(action string) bool { return grants(bson.Raw(granted), p.Database, p.Collection, action) })
		if len(missing) == 0 {
			continue
		}
		c := change.MissingPrivilege.Conflict("users", change.Clean(strings.Join(users, ", ")), "actions", strings.Join(missing, ", "), "namespace", change.Clean(p.Database+"."+p.Collection))
		c.Database, c.Collection = p.Database, p.Collection
		conflicts = append(conflicts, c)
	}
	return conflicts
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
