package main

// The documents of about 1 KiB that are measured, made a batch at a time, so that this process stays small. In: how many;
// out: a filled source, and edits of what was extracted of it.

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

const source, destination, collection = "src", "dst", "items"

// filler is text that makes a document one of 1 KiB.
var filler = strings.Repeat("Wool, washed at thirty degrees. ", 21)

// article is document i.
func article(i int) (bson.D, error) {
	price, err := bson.ParseDecimal128(fmt.Sprintf("%d.90", i%500+1))
	if err != nil {
		return nil, err
	}
	id, err := bson.ObjectIDFromHex(fmt.Sprintf("%024x", i))
	return bson.D{{Key: "_id", Value: id}, {Key: "sku", Value: fmt.Sprintf("SKU-%07d", i)}, {Key: "name", Value: fmt.Sprintf("Article %d", i)},
		{Key: "archived", Value: false}, {Key: "price", Value: price}, {Key: "url", Value: ""},
		{Key: "stock", Value: bson.D{{Key: "count", Value: int32(i % 50)}, {Key: "low", Value: false}, {Key: "at", Value: bson.DateTime(1767225600000 + int64(i))}}},
		{Key: "tags", Value: bson.A{fmt.Sprintf("a%d", i%7), "b", "c"}}, {Key: "notes", Value: bson.D{{Key: "internal", Value: "x"}, {Key: "public", Value: "y"}}},
		{Key: "weight", Value: float64(i%30) + 0.5}, {Key: "sold", Value: int64(i) * 1_000_000_007}, {Key: "text", Value: filler}}, err
}

// fill inserts the documents from first on, a thousand a command.
func fill(ctx context.Context, c *mongo.Collection, first, n int) error {
	for from := first; from < first+n; from += 1000 {
		var batch []bson.D
		for i := from; i < min(from+1000, first+n); i++ {
			d, err := article(i)
			if err != nil {
				return err
			}
			batch = append(batch, d)
		}
		if _, err := c.InsertMany(ctx, batch); err != nil {
			return fmt.Errorf("fill the source: %w", err)
		}
	}
	return nil
}

// changed are functions that change document i below a folder of extracted data, as somebody would by hand, and that take it
// back.
func changed(dir string, i int) (edit, undo func() error, err error) {
	old, next := fmt.Appendf(nil, "\"Article %d\"", i), fmt.Appendf(nil, "\"Article %dX\"", i)
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(text, old) {
			return err
		}
		write := func(text []byte) func() error { return func() error { return os.WriteFile(path, text, 0o600) } }
		edit, undo = write(bytes.Replace(text, old, next, 1)), write(text)
		return fs.SkipAll
	})
	if err == nil && edit == nil {
		err = fmt.Errorf("no file below %s has %s", dir, old)
	}
	return edit, undo, err
}
