// Package mongo is a destination on a MongoDB server, through the driver.
//
// In: a connection string. Out: a stores.Store that reads with read concern
// majority from the primary and writes with write concern majority, with the
// run's comment on every command and a time limit on every call. filter.go
// turns keys and guards into filters, cursor.go reads while the next reply is asked for,
// errors.go explains what failed.
package mongo

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/stores"
)

// DefaultTimeout is the time limit of one call when Options has none.
const DefaultTimeout = 5 * time.Minute

// selectionTimeout is how long a server is looked for when the connection
// string does not say.
const selectionTimeout = 15 * time.Second

// findBatch is how many documents a reply has at most: what a server sends else, 16 MiB,
// is in memory twice.
const findBatch = 4000

// Options of a connection.
type Options struct {
	// Comment goes with every command: "mongocd WEAVE/ENVIRONMENT".
	Comment string
	// Timeout is the limit of one call; 0 means DefaultTimeout.
	Timeout time.Duration
	// Monitor, when not nil, sees every command.
	Monitor *event.CommandMonitor
}

// Store is a server.
type Store struct {
	client  *mongo.Client
	comment string
	timeout time.Duration
	secrets redactor
	beyond  stores.Concerns
}

// Open connects and makes sure that a primary answers.
func Open(ctx context.Context, uri string, opts Options) (*Store, error) {
	s := &Store{comment: opts.Comment, timeout: cmp.Or(opts.Timeout, DefaultTimeout), secrets: newRedactor(uri)}
	client := options.Client().ApplyURI(uri)
	if err := client.Validate(); err != nil {
		return nil, s.uriError(err)
	}
	s.beyond = concerns(client)
	client.SetAppName("mongocd").SetReadPreference(readpref.Primary()).SetReadConcern(&readconcern.ReadConcern{Level: s.beyond.Level()}).
		SetWriteConcern(s.writeConcern()).SetTimeout(s.timeout)
	if client.ServerSelectionTimeout == nil {
		client.SetServerSelectionTimeout(selectionTimeout)
	}
	if opts.Monitor != nil {
		client.SetMonitor(opts.Monitor)
	}
	var err error
	if s.client, err = mongo.Connect(client); err != nil {
		return nil, s.uriError(err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.client.Ping(ctx, readpref.Primary()); err != nil {
		err = s.explain("connecting to", s.secrets.hosts, err)
		if closing := s.client.Disconnect(context.WithoutCancel(ctx)); closing != nil {
			err = errors.Join(err, s.explain("disconnecting from", s.secrets.hosts, closing))
		}
		return nil, err
	}
	return s, nil
}

// concerns are those of a connection string.
func concerns(client *options.ClientOptions) stores.Concerns {
	var w any
	journal, level := false, ""
	if c := client.WriteConcern; c != nil {
		w, journal = c.W, c.Journal != nil && *c.Journal
	}
	if c := client.ReadConcern; c != nil {
		level = c.Level
	}
	return stores.NewConcerns(w, journal, level)
}

// writeConcern is that of every write.
func (s *Store) writeConcern() *writeconcern.WriteConcern {
	c := writeconcern.Majority()
	if s.beyond.Journal {
		c.Journal = &s.beyond.Journal
	}
	return c
}

// Concerns implements stores.Server.
func (s *Store) Concerns() stores.Concerns { return s.beyond }

// Client is the driver's client, for what is not a Store's work.
func (s *Store) Client() *mongo.Client { return s.client }

// Redact takes the secrets of the connection string out of a message.
func (s *Store) Redact(message string) string { return s.secrets.redact(message) }

// Close disconnects.
func (s *Store) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, selectionTimeout)
	defer cancel()
	if err := s.client.Disconnect(ctx); err != nil {
		return s.explain("disconnecting from", s.secrets.hosts, err)
	}
	return nil
}

func (s *Store) collection(ns stores.Namespace) *mongo.Collection {
	return s.client.Database(ns.Database).Collection(ns.Collection)
}

// Collections implements stores.Store with one listCollections.
func (s *Store) Collections(ctx context.Context, database string, names []string) ([]stores.CollectionInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	wanted := make([]bson.RawValue, len(names))
	for i, name := range names {
		wanted[i] = doc.String(name)
	}
	filter := doc.NewBuilder(64).AppendDocument("name", doc.NewBuilder(64).AppendArray("$in", wanted...).Raw()).Raw()
	cursor, err := s.client.Database(database).ListCollections(ctx, filter)
	if err != nil {
		return nil, s.explain("listing the collections of", database, err)
	}
	var infos []stores.CollectionInfo
	for d, err := range s.documents(ctx, cursor) {
		if err != nil {
			return nil, s.explain("listing the collections of", database, err)
		}
		info := stores.CollectionInfo{Type: "collection"}
		info.Name, _ = d.Lookup("name").StringValueOK()
		if kind, ok := d.Lookup("type").StringValueOK(); ok {
			info.Type = kind
		}
		info.Options, _ = d.Lookup("options").DocumentOK()
		_, info.UUID, _ = d.Lookup("info", "uuid").BinaryOK()
		infos = append(infos, info)
	}
	slices.SortFunc(infos, func(a, b stores.CollectionInfo) int { return cmp.Compare(a.Name, b.Name) })
	return infos, nil
}

// Indexes implements stores.Store with listIndexes.
func (s *Store) Indexes(ctx context.Context, ns stores.Namespace) ([]bson.Raw, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	cursor, err := s.collection(ns).Indexes().List(ctx)
	if err != nil {
		return nil, s.explain("listing the indexes of", ns.String(), err)
	}
	var specs []bson.Raw
	for d, err := range s.documents(ctx, cursor) {
		if err != nil {
			return nil, s.explain("listing the indexes of", ns.String(), err)
		}
		specs = append(specs, d)
	}
	return specs, nil
}

// Count implements stores.Store with a count command without a query.
func (s *Store) Count(ctx context.Context, ns stores.Namespace) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	n, err := s.collection(ns).EstimatedDocumentCount(ctx, options.EstimatedDocumentCount().SetComment(s.comment))
	if err != nil {
		return 0, s.explain("counting the documents of", ns.String(), err)
	}
	return n, nil
}

// Find implements stores.Store with one find and its getMores. The time limit
// is for each of them.
func (s *Store) Find(ctx context.Context, ns stores.Namespace, query stores.Query) iter.Seq2[bson.Raw, error] {
	return func(yield func(bson.Raw, error) bool) {
		opts := options.Find().SetComment(s.comment).SetBatchSize(findBatch)
		switch {
		case query.Collation != nil:
			opts.SetCollation(collationOf(query.Collation))
		case query.SimpleCollation:
			opts.SetCollation(&options.Collation{Locale: "simple"})
		}
		cursor, err := s.collection(ns).Find(ctx, queryFilter(query), opts)
		if err != nil {
			yield(nil, s.explain("reading", ns.String(), err))
			return
		}
		for d, err := range s.documents(ctx, cursor) {
			if err != nil {
				err = s.explain("reading", ns.String(), err)
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// collationOf is a collation as listIndexes gives it (MongoDB manual: reference/collation).
func collationOf(d bson.Raw) *options.Collation {
	c := &options.Collation{}
	for name, v := range doc.Fields(d) {
		text, _ := v.StringValueOK()
		yes, _ := v.BooleanOK()
		switch name {
		case "locale":
			c.Locale = text
		case "caseLevel":
			c.CaseLevel = yes
		case "caseFirst":
			c.CaseFirst = text
		case "strength":
			strength, _ := v.AsInt64OK()
			c.Strength = int(strength)
		case "numericOrdering":
			c.NumericOrdering = yes
		case "alternate":
			c.Alternate = text
		case "maxVariable":
			c.MaxVariable = text
		case "normalization":
			c.Normalization = yes
		case "backwards":
			c.Backwards = yes
		}
	}
	return c
}

// CreateCollection implements stores.Store.
func (s *Store) CreateCollection(ctx context.Context, ns stores.Namespace, opts bson.Raw) error {
	return s.command(ctx, "creating the collection", ns, CreateCommand(ns, opts, s.comment))
}

// CreateIndexes implements stores.Store.
func (s *Store) CreateIndexes(ctx context.Context, ns stores.Namespace, specs []bson.Raw) error {
	return s.command(ctx, "creating indexes of", ns, CreateIndexesCommand(ns, specs, s.comment))
}

// DropIndex implements stores.Store.
func (s *Store) DropIndex(ctx context.Context, ns stores.Namespace, name string) error {
	return s.command(ctx, "dropping the index "+name+" of", ns, DropIndexCommand(ns, name, s.comment))
}

// Modify implements stores.Store.
func (s *Store) Modify(ctx context.Context, ns stores.Namespace, change bson.Raw) error {
	var names []string
	for name := range doc.Fields(change) {
		names = append(names, name)
	}
	return s.command(ctx, "changing "+strings.Join(names, ", ")+" (collMod) of", ns, ModifyCommand(ns, change, s.comment))
}

// Size implements stores.Store with a count command and the stage $collStats,
// which the role read may use (MongoDB manual: reference/operator/aggregation/collStats).
func (s *Store) Size(ctx context.Context, ns stores.Namespace) (n, bytes int64, err error) {
	if n, err = s.Count(ctx, ns); err != nil {
		return 0, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	pipeline := mongo.Pipeline{
		{{Key: "$collStats", Value: bson.D{{Key: "storageStats", Value: bson.D{}}}}}, // one document for each shard
		{{Key: "$group", Value: bson.D{{Key: "_id", Value: nil}, {Key: "bytes", Value: bson.D{{Key: "$sum", Value: "$storageStats.size"}}}}}},
	}
	// $collStats takes no read concern but local.
	local := s.client.Database(ns.Database).Collection(ns.Collection, options.Collection().SetReadConcern(readconcern.Local()))
	cursor, err := local.Aggregate(ctx, pipeline, options.Aggregate().SetComment(s.comment))
	if err != nil {
		return 0, 0, s.explain("measuring", ns.String(), err)
	}
	for d, err := range s.documents(ctx, cursor) {
		if err != nil {
			return 0, 0, s.explain("measuring", ns.String(), err)
		}
		bytes, _ = d.Lookup("bytes").AsInt64OK()
	}
	return n, bytes, nil
}

// command runs a command that writes.
func (s *Store) command(ctx context.Context, doing string, ns stores.Namespace, command bson.Raw) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.client.Database(ns.Database).RunCommand(ctx, s.beyond.Command(command)).Err(); err != nil {
		return s.explain(doing, ns.String(), err)
	}
	return nil
}

// Run implements stores.Store.
func (s *Store) Run(ctx context.Context, database string, command bson.Raw) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.client.Database(database).RunCommand(ctx, s.beyond.Command(command)).Err(); err != nil {
		return s.explain("running the command on", database, err)
	}
	return nil
}

// Command implements stores.Server. The reply's errors of single writes are the
// caller's to look at.
func (s *Store) Command(ctx context.Context, database string, command bson.Raw) (bson.Raw, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	reply, err := s.client.Database(database).RunCommand(ctx, s.beyond.Command(command)).Raw()
	var write mongo.WriteException
	switch {
	case err == nil, errors.As(err, &write) && write.WriteConcernError == nil:
		return reply, nil
	case write.WriteConcernError != nil:
		return nil, s.unconfirmed(err, write.WriteConcernError)
	}
	return nil, s.explain("running the command on", database, err)
}

// Write implements stores.Store with one unordered bulk write.
func (s *Store) Write(ctx context.Context, ns stores.Namespace, ops []stores.Op) (stores.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	models := make([]mongo.WriteModel, len(ops))
	for i, op := range ops {
		models[i] = model(op)
	}
	done, err := s.collection(ns).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false).SetComment(s.comment))
	var result stores.Result
	if done != nil {
		result = stores.Result{Inserted: int(done.InsertedCount), Matched: int(done.MatchedCount), Deleted: int(done.DeletedCount)}
	}
	var bulk mongo.BulkWriteException
	switch {
	case err == nil:
		return result, nil
	case !errors.As(err, &bulk):
		return result, s.explain("writing to", ns.String(), err)
	case bulk.WriteConcernError != nil:
		return result, s.unconfirmed(err, bulk.WriteConcernError)
	}
	for _, e := range bulk.WriteErrors {
		result.Refused = append(result.Refused, stores.Refusal{
			Index: e.Index, Duplicate: e.Code == stores.CodeDuplicateKey, Moved: e.Code == stores.CodePathNotViable,
			Retryable: stores.RetryableCode(e.Code), Code: e.Code, Message: s.secrets.redact(e.Message), Details: e.Details,
		})
	}
	return result, nil
}

// model is an operation as the driver takes it.
func model(op stores.Op) mongo.WriteModel {
	switch op.Action {
	case stores.Insert:
		return mongo.NewInsertOneModel().SetDocument(op.Document)
	case stores.Delete:
		return mongo.NewDeleteOneModel().SetFilter(guardFilter(op.Guard))
	case stores.Replace:
		if stores.Replaceable(op.Document) {
			return mongo.NewReplaceOneModel().SetFilter(guardFilter(op.Guard)).SetReplacement(op.Document)
		}
		return mongo.NewUpdateOneModel().SetFilter(guardFilter(op.Guard)).SetUpdate(replacing(op.Document))
	}
	return mongo.NewUpdateOneModel().SetFilter(guardFilter(op.Guard)).SetUpdate(updateDocument(op))
}
