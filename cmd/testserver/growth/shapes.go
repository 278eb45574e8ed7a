package main

// The shapes that data can have: documents of 1 KiB in one collection, 10 of them in each of many collections or
// databases, and few documents as large as MongoDB takes. In: a number; out: a weave, and a source filled for it.

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// shape is what a number counts.
type shape struct {
	name  string
	of    string // what the number counts, in the plural
	least int
	weave string
	fill  func(ctx context.Context, client *mongo.Client, n int) error
	// databases are those that an apply makes, beside the state database.
	databases func(n int) []string
}

// each is the number of documents of 1 KiB of a collection or database where these are counted.
const each = 10

var shapes = []shape{
	{"documents", "documents of 1 KiB", 1000, `weave scale
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
`, func(ctx context.Context, client *mongo.Client, n int) error {
		return fill(ctx, client.Database(source).Collection(collection), 0, n)
	}, one},
	{"collections", "collections of 10 documents", 1, `weave scale
environments prod

from src into dst {
  sync all by sku {
    set price = price + 0.10
  }
}
`, func(ctx context.Context, client *mongo.Client, n int) error {
		for i := range n {
			if err := fill(ctx, client.Database(source).Collection(fmt.Sprintf("items_%04d", i)), i*each, each); err != nil {
				return err
			}
		}
		return nil
	}, one},
	{"databases", "databases of 10 documents", 1, `weave scale
environments prod

from src into "dst_${t.key}" for each t in tenants {
  sync items by sku {
    set url = "https://${t.key}.example.com/${lower(sku)}"
  }
}
`, func(ctx context.Context, client *mongo.Client, n int) error {
		var tenants []bson.D
		for i := range n {
			tenants = append(tenants, bson.D{{Key: "_id", Value: int32(i)}, {Key: "key", Value: fmt.Sprintf("t%04d", i)}})
		}
		if _, err := client.Database(source).Collection("tenants").InsertMany(ctx, tenants); err != nil {
			return fmt.Errorf("fill the source: %w", err)
		}
		return fill(ctx, client.Database(source).Collection(collection), 0, each)
	}, func(n int) []string {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf("%s_t%04d", destination, i))
		}
		return names
	}},
	{"large", "documents of 15.9 MiB", 1, `weave scale
environments prod

from src into dst {
  sync items by sku {
    set price = price + 0.10
  }
}
`, func(ctx context.Context, client *mongo.Client, n int) error {
		// What the source has of 16 MiB has to hold the other fields, too.
		text := strings.Repeat("0123456789abcdef", 159*1024*1024/10/16)
		for i := range n {
			d, err := article(i)
			if err != nil {
				return err
			}
			d[len(d)-1].Value = text
			if _, err := client.Database(source).Collection(collection).InsertOne(ctx, d); err != nil {
				return fmt.Errorf("fill the source: %w", err)
			}
		}
		return nil
	}, one},
}

func one(int) []string { return []string{destination} }

// middle is the number of the article in the middle.
func (s shape) middle(n int) int {
	switch s.name {
	case "collections":
		return n * each / 2
	case "databases":
		return each / 2
	}
	return n / 2
}

// peers: mongoimport and mongoexport stand beside it.
func (s shape) peers() bool { return s.name == "documents" }

// scriptMost is the highest number that the mongosh script is run with: beyond, the Go program is what one takes.
func (s shape) scriptMost() int {
	if s.name == "large" {
		return 10
	}
	return 100_000
}

// numbers reads what a flag says: numbers with commas; none: nothing is measured.
func (s shape) numbers(text string) ([]int, error) {
	if text == "" {
		return nil, nil
	}
	var numbers []int
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < s.least {
			return nil, fmt.Errorf("--%s %s: write numbers of %d or more, with commas", s.name, text, s.least)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}
