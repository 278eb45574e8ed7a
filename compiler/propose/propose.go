// Package propose writes the first weave for a database that somebody has.
//
// In: its collections with their indexes and first documents. Out: the text of a weave in the one style: what the
// data shows is a statement, what it only suggests is a comment. identity.go finds what
// tells documents apart, counters.go what destinations are likely to have for themselves.
package propose

import (
	"fmt"
	"regexp"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/format"
	"github.com/hayone1/mongocd/lang/source"
)

// Weave is a weave to be written.
type Weave struct {
	Name string // see Name
	// Database of the source.
	Database    string
	Collections []*Collection
}

// Collection is one of the database.
type Collection struct {
	Name string
	// Kind is what listCollections says: collection, view or timeseries.
	Kind  string
	Count int64 // documents, as the server estimates them
	// Refused says why extract would not take it; empty: it would.
	Refused string
	Indexes []bson.Raw // as listIndexes has them, without that of `_id`
	// Documents are the first ones, all of them where they are Count.
	Documents []bson.Raw
}

// Synced reports whether the weave has a sync of the collection.
func (c *Collection) Synced() bool { return c.why() == "" }

// why is the reason for a collection without a sync.
func (c *Collection) why() string {
	switch {
	case c.Kind == "view":
		return "a view: it has no data of its own; `extract --database` brings its definition"
	case c.Kind != "collection":
		return "a " + c.Kind + " collection: measurements are no configuration"
	case c.Refused != "":
		return c.Refused + " that are extracted: `only where` takes a part of it, another tool the whole"
	case len(c.Documents) == 0:
		return "empty"
	case !writable(c.Name):
		return "a name that a weave does not write"
	}
	return ""
}

// writable reports whether a name can stand in a weave.
func writable(name string) bool {
	_, faults := format.Format(source.NewFile("weave", "weave w\nenvironments e\nfrom d into d { sync "+ast.WrittenName(name)+" }\n"))
	return len(faults) == 0
}

var odd = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// Name is the name of a weave after the first of some names of other things of which one can
// be made: letters of ASCII, digits, _ and single hyphens, 64 at most. It is the name of a file, too.
func Name(after ...string) string {
	for _, of := range after {
		name := strings.TrimRight(strings.TrimLeft(odd.ReplaceAllString(of, "-"), "-_0123456789"), "-_")
		if name != "" && len(name) <= 64 {
			return name
		}
	}
	return "data"
}

// Text is the weave. The error is a mistake of this package.
func (w Weave) Text() (string, error) {
	var b strings.Builder
	line := func(text string, args ...any) { fmt.Fprintf(&b, text+"\n", args...) }
	line("# Proposed by `mongocd init` from what the database %s has. What it is not sure of is behind a #:", diag.Quote(w.Database, 64))
	line("# take the # away, or the line. docs/how-to.md has rules by task.")
	line("weave %s", ast.WrittenName(w.Name))
	line("environments preprod, prod\n")
	line("# Where an environment's database has another name: into per environment { preprod: \"…\", prod: \"…\" }.")
	line("from %s into %s {", ast.WrittenName(w.Database), ast.WrittenName(w.Database))
	for _, c := range w.Collections {
		if why := c.why(); why != "" {
			line("  # %s is left out: %s.\n", diag.Quote(c.Name, 64), why)
		}
	}
	for _, c := range w.Collections {
		if c.Synced() {
			c.write(line)
		}
	}
	line("}")
	text, faults := format.Format(source.NewFile("weave", b.String()))
	if len(faults) > 0 {
		return "", fmt.Errorf("the weave that was made is not valid (%s): this is a mistake in mongocd; please report it", diag.Safe(faults[0].Message, 200))
	}
	return text, nil
}

// write writes the sync.
func (c *Collection) write(line func(text string, args ...any)) {
	by, notes := c.identity()
	counters := c.counters()
	switch {
	case len(by) > 0:
		line("  sync %s by %s {", ast.WrittenName(c.Name), paths(by))
	case len(notes)+len(counters) > 0:
		line("  sync %s {", ast.WrittenName(c.Name))
	default:
		line("  sync %s\n", ast.WrittenName(c.Name))
		return
	}
	for _, note := range notes {
		line("    # %s", note)
	}
	if len(by) > 0 {
		line("    remove _id")
	}
	for _, counter := range counters {
		line("    # preserve %s # looks like a counter: the destination keeps its own", diag.Safe(ast.Written(counter.String()), 400))
	}
	line("  }\n")
}
