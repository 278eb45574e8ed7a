package profile

// A tier of MongoDB Atlas that has less. From its documentation: "Atlas Free Cluster
// Limits", "Atlas Flex Limitations" and "Unsupported Commands in Atlas" (limits of
// maxTimeMS, operators and commands that are not there, 500 collections, 512 MB, 100
// operations a second). From what users report: the replies {code: 8000, codeName:
// "AtlasError"} and their texts, and the 38 bytes of a database's name.
//
// A cluster that is asked for more operations than it has a second answers none with an
// error: it lets them wait for a second (documentation, "Throughput").

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/testserver/wire"
)

// AtlasLimits are those of a tier; 0 is none.
type AtlasLimits struct {
	NameBytes   int           // of a database
	Collections int           // that clients make through one handler
	Bytes       int           // of documents that they insert
	PerSecond   int           // operations
	Pause       time.Duration // of those beyond
}

// AtlasFree are the limits of a free cluster that hold for a single run: hundreds of cases
// of the corpus go through one handler, and would together have more collections,
// documents and operations a second than a cluster.
var AtlasFree = AtlasLimits{NameBytes: 38}

// Atlas is a cluster with limits.
func Atlas(limits AtlasLimits) wire.Handler {
	return (&atlas{limits: limits, made: map[string]bool{}}).handle
}

// atlas remembers what was made through it.
type atlas struct {
	limits AtlasLimits
	mu     sync.Mutex
	made   map[string]bool // collections
	bytes  int
	since  time.Time // the second in which operations are counted
	count  int
}

const (
	atlasError     = 8000
	atlasErrorName = "AtlasError"
)

func (a *atlas) handle(c wire.Command, pass pass) (bson.Raw, error) {
	a.throttle()
	if said := notOnTier(c); said != "" {
		return refuse(atlasError, atlasErrorName, said)
	}
	if said := a.over(c); said != "" {
		return refuse(atlasError, atlasErrorName, said)
	}
	return pass(c)
}

// throttle lets an operation wait that is one too many in its second.
func (a *atlas) throttle() {
	if a.limits.PerSecond == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock() // others wait behind it, as in the cluster's queue
	if now := time.Now(); now.Sub(a.since) >= time.Second {
		a.since, a.count = now, 0
	}
	if a.count++; a.count > a.limits.PerSecond {
		time.Sleep(a.limits.Pause)
		a.since, a.count = time.Now(), 1
	}
}

// over says which limit a command goes beyond; empty: none.
func (a *atlas) over(c wire.Command) string {
	if n := a.limits.NameBytes; n > 0 && len(c.Database) > n && c.Collection() != "" {
		return fmt.Sprintf("Database name %s is too long. Max database name length is %d bytes.", c.Database, n)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	ns := c.Database + "." + c.Collection()
	switch c.Name {
	case "insert", "create", "createIndexes":
		if n := a.limits.Collections; n > 0 && !a.made[ns] {
			if len(a.made) >= n {
				return fmt.Sprintf("cannot create a new collection -- already using %d collections of %d", len(a.made), n)
			}
			a.made[ns] = true
		}
	case "drop":
		delete(a.made, ns)
	case "dropDatabase":
		for ns := range a.made {
			if strings.HasPrefix(ns, c.Database+".") {
				delete(a.made, ns)
			}
		}
	}
	if n := a.limits.Bytes; n > 0 && c.Name == "insert" {
		if a.bytes > n {
			return fmt.Sprintf("you are over your space quota, using %d MB of %d MB", a.bytes>>20, n>>20)
		}
		for _, d := range c.Statements("documents") {
			a.bytes += len(d)
		}
	}
	return ""
}

// notOnTier says what of a command such clusters do not have; empty: they have it.
func notOnTier(c wire.Command) string {
	if slices.Contains(notAllowed, strings.ToLower(c.Name)) {
		return "CMD_NOT_ALLOWED: " + strings.ToLower(c.Name)
	}
	if limit, ok := c.Body.Lookup("maxTimeMS").AsInt64OK(); ok && limit > 300_000 {
		return "maxTimeMS is not allowed to be more than 300000"
	}
	if unending, _ := c.Body.Lookup("noCursorTimeout").BooleanOK(); unending {
		return "noTimeout cursors are disallowed in this atlas tier"
	}
	whole := []bson.Raw{c.Body}
	for _, s := range c.Sequences {
		if s.Identifier != "documents" {
			whole = append(whole, s.Documents...)
		}
	}
	for _, d := range whole {
		for _, operator := range []string{"$where", "$function", "$accumulator", "$$USER_ROLES"} {
			if c.Name != "insert" && mentions(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d}, operator) {
				return operator + " is not allowed in this atlas tier"
			}
		}
	}
	return ""
}

// notAllowed are commands that such clusters do not have, in lower case.
var notAllowed = []string{
	"applyops", "compact", "converttocapped", "currentop", "dbhash", "flushrouterconfig", "fsync", "getcmdlineopts", "getshardversion", "hostinfo", "killallsessions",
	"listshards", "logrotate", "mapreduce", "profile", "reindex", "setfeaturecompatibilityversion", "setparameter", "shutdown", "top", "validate",
	"createuser", "updateuser", "dropuser", "createrole", "updaterole", "droprole", "usersinfo", "rolesinfo", "enablesharding", "shardcollection",
}
