package cases

// Destinations of cases: a set of databases of a case's own on the test engine.

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// destination is the databases of one run on the test engine, reached by the
// artefacts through a recording proxy and by the test directly.
type destination struct {
	client *mongo.Client
	direct *mongo.Client // nil: client is; of a profile client goes through the proxy
	proxy  *wire.Proxy
	prefix string
	// databases are the names that the state has; on the server they have the prefix.
	databases []string
	uri       string // what runs that nobody disturbs connect to
}

var destinations atomic.Int64

// newDestination makes an empty destination for the databases; it is dropped
// after the test. Names on the server are made short and unique, as tests run
// at the same time.
func newDestination(t *testing.T, databases []string) *destination {
	t.Helper()
	engine.RequireExact(t, "destinations are compared byte for byte")
	return anyDestination(t, databases)
}

// anyDestination is newDestination for a test that compares nothing which an
// engine may keep in a way of its own.
func anyDestination(t *testing.T, databases []string) *destination {
	t.Helper()
	uri := engine.ForTest(t)
	target, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	// Not t.Context(): that ends before the clean-up.
	proxy, err := wire.Start(context.Background(), target.Host)
	if err != nil {
		t.Fatal(err)
	}
	name := t.Name()
	proxy.Require(func(c wire.Command) error { // whosever it is: one mongosh runs many scripts
		if strings.HasSuffix(c.Database, remembering) || strings.HasSuffix(c.Database, "-state") {
			return wire.CheckDialect(c)
		}
		asked.note(name, c)
		return wire.Asks(c)
	})
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetTimeout(clientTimeout))
	if err != nil {
		t.Fatal(err)
	}
	d := &destination{
		client: client, proxy: proxy, uri: uri, databases: slices.Compact(slices.Sorted(slices.Values(databases))),
		prefix: fmt.Sprintf("t%d-%d-", os.Getpid(), destinations.Add(1)),
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), runTimeout)
		defer cancel()
		for _, database := range append(d.databases, remembering) {
			if err := client.Database(d.prefix + database).Drop(ctx); err != nil {
				t.Error(err)
			}
		}
		if err := client.Disconnect(ctx); err != nil {
			t.Error(err)
		}
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// redirects are the values of --database.
func (d *destination) redirects() []string {
	out := make([]string, len(d.databases))
	for i, database := range d.databases {
		out[i] = database + "=" + d.prefix + database
	}
	return out
}

// remembering is the database of what runs remember, as it would be called
// without the prefix.
const remembering = "mongocd"

// stateDatabase is the database of what runs remember that goes with redirections
// of one destination: it has their prefix.
func stateDatabase(redirects []string) string {
	if len(redirects) == 0 {
		return remembering
	}
	from, to, _ := strings.Cut(redirects[0], "=")
	return strings.TrimSuffix(to, from) + remembering
}

// original takes the prefix off a database's name, or off all names in a text.
func (d *destination) original(text string) string { return strings.ReplaceAll(text, d.prefix, "") }

// load writes a world. Documents are sent as the bytes they are.
func (d *destination) load(t *testing.T, world []collection) {
	t.Helper()
	if err := d.put(t.Context(), world); err != nil {
		t.Fatal(err)
	}
}

// put is load; the error is one of the server.
func (d *destination) put(ctx context.Context, world []collection) error {
	for _, c := range world {
		db := d.client.Database(d.prefix + c.database)
		create := bson.D{{Key: "create", Value: c.name}}
		for name, v := range doc.Fields(c.options) {
			if series, ok := v.DocumentOK(); ok && name == "timeseries" { // listed, and not taken: the granularity says it
				v = doc.Embed(without(series, "bucketMaxSpanSeconds"))
			}
			create = append(create, bson.E{Key: name, Value: v})
		}
		if err := db.RunCommand(ctx, create).Err(); err != nil {
			return fmt.Errorf("create %s: %w", c.namespace(), err)
		}
		if len(c.indexes) > 0 {
			specs := c.indexes
			if _, has := doc.Get(c.options, doc.Path{"collation"}); has { // an index that names none is listed without, and would get the collection's
				specs = slices.Clone(specs)
				for i, spec := range specs {
					if _, own := doc.Get(spec, doc.Path{"collation"}); !own {
						simple := doc.NewBuilder(32).AppendString("locale", "simple").Raw()
						specs[i] = stores.Changed(spec, []stores.Field{{Path: doc.Path{"collation"}, Value: doc.Embed(simple)}}, nil)
					}
				}
			}
			command := bson.D{{Key: "createIndexes", Value: c.name}, {Key: "indexes", Value: specs}}
			if err := db.RunCommand(ctx, command).Err(); err != nil {
				return fmt.Errorf("createIndexes %s: %w", c.namespace(), err)
			}
		}
		if len(c.documents) > 0 {
			// Documents that are older than the validator need not satisfy it.
			if _, err := db.Collection(c.name).InsertMany(ctx, c.documents, options.InsertMany().SetBypassDocumentValidation(true)); err != nil {
				return fmt.Errorf("insert into %s: %w", c.namespace(), err)
			}
		}
	}
	return nil
}

// dump reads the whole destination, raw bytes, sorted.
func (d *destination) dump(t *testing.T) []collection { return d.dumpOf(t, d.databases) }

// remembered is what runs have left there, as text: everything but dates, tokens
// and which engine it was.
func (d *destination) remembered(t *testing.T) string {
	t.Helper()
	var lines []string
	direct := *d
	direct.client = cmp.Or(d.direct, d.client)
	for _, c := range direct.dumpOf(t, []string{remembering}) {
		for _, raw := range c.documents {
			b := doc.NewBuilder(len(raw))
			for name, v := range doc.Fields(raw) {
				if v.Type != bson.TypeDateTime && name != "token" && name != "group" && name != "engine" && name != "chain" && name != "journal" { // names of the destination are in the chain
					b.Append(name, v)
				}
			}
			lines = append(lines, d.original(fmt.Sprintf("%s %s", c.name, doc.Line(b.Raw()))))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (d *destination) dumpOf(t *testing.T, databases []string) []collection {
	t.Helper()
	ctx := t.Context()
	var out []collection
	for _, database := range databases {
		db := d.client.Database(d.prefix + database)
		listed, err := db.ListCollections(ctx, bson.D{})
		if err != nil {
			t.Fatal(err)
		}
		var infos []bson.Raw
		if err := listed.All(ctx, &infos); err != nil {
			t.Fatal(err)
		}
		for _, info := range infos {
			c := collection{database: database, name: info.Lookup("name").StringValue()}
			if strings.HasPrefix(c.name, "system.") {
				continue
			}
			if o, ok := info.Lookup("options").DocumentOK(); ok && len(o) > 5 {
				c.options = o
			}
			if info.Lookup("type").StringValue() != "view" {
				c.indexes = d.indexes(t, c)
				c.documents = d.documents(t, c)
			}
			out = append(out, c)
		}
	}
	sortWorld(out)
	return out
}

// indexes returns those of a collection, `_id_` left out, without `v` and `ns`.
func (d *destination) indexes(t *testing.T, c collection) []bson.Raw {
	t.Helper()
	cursor, err := d.client.Database(d.prefix + c.database).Collection(c.name).Indexes().List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all, out []bson.Raw
	if err := cursor.All(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	for _, index := range all {
		if index.Lookup("name").StringValue() == "_id_" {
			continue
		}
		out = append(out, without(index, "v", "ns"))
	}
	return out
}

func (d *destination) documents(t *testing.T, c collection) []bson.Raw {
	t.Helper()
	cursor, err := d.client.Database(d.prefix+c.database).Collection(c.name).Find(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	var out []bson.Raw
	for cursor.Next(t.Context()) {
		out = append(out, slices.Clone(cursor.Current))
	}
	if err := cursor.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func without(d bson.Raw, names ...string) bson.Raw {
	b := doc.NewBuilder(len(d))
	for name, v := range doc.Fields(d) {
		if !slices.Contains(names, name) {
			b.Append(name, v)
		}
	}
	return b.Raw()
}

// wantWorld compares two worlds byte for byte. Views are compared by their options.
func wantWorld(t *testing.T, what string, got, want []collection) {
	t.Helper()
	g, w := show(got, itself), show(want, itself)
	if g != w {
		t.Errorf("%s: the destination differs from the expected one\n%s", what, lineDiff(w, g))
	}
}

// lineDiff shows the lines that two texts do not share, - for the wanted one.
func lineDiff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var b bytes.Buffer
	for _, line := range w {
		if !slices.Contains(g, line) {
			fmt.Fprintf(&b, "- %s\n", line)
		}
	}
	for _, line := range g {
		if !slices.Contains(w, line) {
			fmt.Fprintf(&b, "+ %s\n", line)
		}
	}
	if b.Len() == 0 {
		return "(the same lines in another order or number)\n" + got
	}
	return b.String()
}

// databases of worlds and of a state.
func databasesOf(worlds ...[]collection) []string {
	var out []string
	for _, world := range worlds {
		for _, c := range world {
			out = append(out, c.database)
		}
	}
	return out
}
