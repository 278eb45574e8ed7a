package extract

// What a database has. In: a client and a database; out: the names of its collections or, for
// a first weave, these with their indexes and first documents. Nothing is written.

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Names lists the collections of a database, sorted, without those of the
// server itself (system.…). The errors have words before the driver's.
func Names(ctx context.Context, client *mongo.Client, name string) ([]string, error) {
	all, err := listCollections(ctx, database(client, name))
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(all))
	for _, info := range all {
		if !strings.HasPrefix(info.Name, "system.") {
			names = append(names, info.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// surveyBytes is how much of a collection a survey holds; the document that reaches it is the last one.
const surveyBytes = 8 << 20

// Surveyed is a collection of a live database.
type Surveyed struct {
	Name string
	// Kind is what listCollections says: collection, view or timeseries.
	Kind string
	// Count is how many documents the server estimates.
	Count int64
	// Refused says why extract would not take it, being too large; empty: it would.
	Refused string
	// Indexes without what the server adds by itself, by name.
	Indexes []bson.Raw
	// Documents are the first ones by `_id`.
	Documents []bson.Raw
}

// Survey looks at the collections of a database, sorted by name, those of the server
// itself (system.…) left out, each with up to sample documents and surveyBytes. only are those that are
// asked for; empty: all. o has the limits. One that is asked for and missing is an *Error.
func Survey(ctx context.Context, client *mongo.Client, name string, only []string, sample int, o Options) ([]Surveyed, error) {
	o = o.withDefaults()
	s := &source{From: From{Client: client, Source: name, Database: name}, o: &o, db: database(client, name)}
	for _, collection := range only {
		s.Collections = append(s.Collections, Collection{Name: collection})
	}
	infos, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	var out []Surveyed
	for collection, i := range infos {
		if strings.HasPrefix(collection, "system.") || len(only) > 0 && !slices.Contains(only, collection) {
			continue
		}
		c := Surveyed{Name: collection, Kind: i.Type}
		if i.Type == "collection" {
			if err := s.survey(ctx, &c, sample); err != nil {
				return nil, err
			}
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Surveyed) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// survey fills in what needs the server.
func (s *source) survey(ctx context.Context, c *Surveyed, sample int) (err error) {
	j := &job{source: s, want: Collection{Name: c.Name}}
	if err = s.counted(ctx, j); err != nil {
		return err
	}
	if c.Refused = s.tooLarge(ctx, j); c.Refused != "" {
		return nil
	}
	c.Count = j.total
	if err := s.again(ctx, "listing the indexes of "+s.where(c.Name), func() (err error) {
		c.Indexes, err = s.indexes(ctx, c.Name)
		return err
	}); err != nil {
		return err
	}
	return s.again(ctx, "reading "+s.where(c.Name), func() error {
		c.Documents = nil
		cursor, err := s.db.Collection(c.Name).Find(ctx, bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(sample)).SetComment(comment))
		if err != nil {
			return err
		}
		for size := 0; size < surveyBytes && cursor.Next(ctx); {
			c.Documents = append(c.Documents, bytes.Clone(cursor.Current))
			size += len(cursor.Current)
		}
		return cmp.Or(cursor.Err(), cursor.Close(context.WithoutCancel(ctx)))
	})
}
