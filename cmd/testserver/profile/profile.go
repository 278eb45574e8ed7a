// Package profile makes the test engine answer as a server of another make does: a
// handler between clients and the engine that refuses, leaves out or rewrites exactly
// what was seen of that server, or what its manual says.
//
// In: a command, and the engine to pass it on to (cmd/testserver/wire). Out: the reply
// that the other server would have given, and what it would have kept. All lists the
// profiles, a file each, which say what they were taken from; rewrite.go has what they
// are made of. What a profile does not name is answered as the engine does.
package profile

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

// Profile is a server of another make.
type Profile struct {
	Name string
	// Handler makes what answers in the server's place, of one server; nil: the engine of
	// the profile's name is that server itself.
	Handler func() wire.Handler
}

// All are the profiles.
var All = []Profile{
	{Name: "documentdb", Handler: newDocumentDB},
	{Name: "atlas-shared", Handler: func() wire.Handler { return Atlas(AtlasFree) }},
	{Name: "mongodb-5.0", Handler: func() wire.Handler { return mongoDB50 }},
	// SecantusDB's Python server is installed for tests: an engine of its name is started.
	{Name: "secantus-py"},
}

// Named returns the profile of a name.
func Named(name string) (Profile, error) {
	i := slices.IndexFunc(All, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		var names []string
		for _, p := range All {
			names = append(names, p.Name)
		}
		return Profile{}, fmt.Errorf("there is no profile %q, but %s", name, strings.Join(names, ", "))
	}
	return All[i], nil
}

// pass sends a command to the engine and gives its reply.
type pass = func(wire.Command) (bson.Raw, error)
