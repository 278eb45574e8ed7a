package extract

// A collection from an export: what mongoexport, mongodump or a spreadsheet wrote.
// In: a reader of its documents, its options and indexes; out: the folder that
// extract would write if a source had it.

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/replace"
)

// Export is a collection that stands in for one of a source.
type Export struct {
	// Source is the name that the weaves use.
	Source     string
	Collection Collection
	// Options are those of the create command, Indexes as listIndexes gives them; none where the export has none.
	Options bson.Raw
	Indexes []bson.Raw
	// Documents calls do with every document, which is valid until do returns. The
	// error is do's, or an *Error about the export.
	Documents func(ctx context.Context, do func(d bson.Raw) error) error
}

// Import writes the folder of one collection, with the checks of Live: edits,
// secrets and sizes. It returns and fails as Live does.
func Import(ctx context.Context, e Export, o Options) ([]Result, error) {
	o = o.withDefaults()
	if err := replace.Finish(o.Disk, o.Root); err != nil {
		return nil, err
	}
	s := &source{From: From{Source: e.Source, Database: e.Source}, o: &o, export: &e}
	j, err := s.job(e.Collection)
	if err != nil {
		return nil, err
	}
	j.info.Options = e.Options
	return extractAll(ctx, []*job{j}, o)
}
