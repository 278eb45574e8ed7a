package main

// What is measured: documents of about 1 KiB and the five rules that they go through. The documents are made a batch at a
// time, so that this process stays small.

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

const (
	source, destination, collection = "src", "dst", "items"

	weave = `weave scale
environments prod

from src into dst {
  sync items by sku {
    only where archived == false
    set price = price + 0.10
    set url = "https://example.com/${lower(sku)}"
    remove notes.internal
    create promoted = { by: "mongocd", limit: long(5) }
    where stock.count < 10 {
      set stock.low = true
    }
    check price > 0
    prune where archived == false at most 1%
  }
}
`
)

// fill inserts n documents, a thousand a command.
func fill(ctx context.Context, c *mongo.Collection, n int) error {
	text := strings.Repeat("Wool, washed at thirty degrees. ", 21)
	for from := 0; from < n; from += 1000 {
		batch := make([]bson.D, 0, 1000)
		for i := from; i < from+1000; i++ {
			price, err := bson.ParseDecimal128(fmt.Sprintf("%d.90", i%500+1))
			if err != nil {
				return err
			}
			id, err := bson.ObjectIDFromHex(fmt.Sprintf("%024x", i))
			if err != nil {
				return err
			}
			batch = append(batch, bson.D{{Key: "_id", Value: id}, {Key: "sku", Value: fmt.Sprintf("SKU-%07d", i)}, {Key: "name", Value: fmt.Sprintf("Article %d", i)},
				{Key: "archived", Value: false}, {Key: "price", Value: price}, {Key: "url", Value: ""},
				{Key: "stock", Value: bson.D{{Key: "count", Value: int32(i % 50)}, {Key: "low", Value: false}, {Key: "at", Value: bson.DateTime(1767225600000 + int64(i))}}},
				{Key: "tags", Value: bson.A{fmt.Sprintf("a%d", i%7), "b", "c"}}, {Key: "notes", Value: bson.D{{Key: "internal", Value: "x"}, {Key: "public", Value: "y"}}},
				{Key: "weight", Value: float64(i%30) + 0.5}, {Key: "sold", Value: int64(i) * 1_000_000_007}, {Key: "text", Value: text}})
		}
		if _, err := c.InsertMany(ctx, batch); err != nil {
			return fmt.Errorf("fill the source: %w", err)
		}
	}
	return nil
}

// changed are functions that change one document below a folder of extracted data, as somebody would by hand, and that take
// it back.
func changed(dir string) (edit, undo func() error, err error) {
	old, next := []byte("Article 777\""), []byte("Article 77X\"")
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
