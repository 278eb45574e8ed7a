package extract

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
)

// benchDocument has about 1 KiB.
func benchDocument(i int) bson.D {
	return bson.D{{Key: "_id", Value: fmt.Sprintf("%08x", uint32(i)*2654435761)}, {Key: "n", Value: int32(i)}, {Key: "price", Value: float64(i) / 7}, {Key: "at", Value: bson.DateTime(1_700_000_000_000 + int64(i))},
		{Key: "title", Value: strings.Repeat("lorem ipsum ", 20)}, {Key: "tags", Value: bson.A{"a", "b", int32(i % 7)}},
		{Key: "sub", Value: bson.D{{Key: "x", Value: int64(i) << 33}, {Key: "y", Value: strings.Repeat("dolor ", 40)}, {Key: "z", Value: true}}}, {Key: "body", Value: strings.Repeat("sit amet, ", 40)}}
}

// BenchmarkExtract is extract beside its peer, in turns: mongoexport where it is
// on PATH, else a loop over the driver that writes the same documents as
// relaxed Extended JSON with the driver's codec, which is what mongoexport is.
// times-peer is how often faster extract is; the bar is 1.
func BenchmarkExtract(b *testing.B) {
	const documents = 100_000
	uri := engine.ForTest(b)
	ctx := context.Background()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		b.Fatal(err)
	}
	db := client.Database("extract_bench")
	defer func() {
		if err := db.Drop(ctx); err != nil {
			b.Error(err)
		}
		if err := client.Disconnect(ctx); err != nil {
			b.Error(err)
		}
	}()
	if err := db.Drop(ctx); err != nil {
		b.Fatal(err)
	}
	for from := 0; from < documents; from += 1000 {
		batch := make([]any, 1000)
		for i := range batch {
			batch[i] = benchDocument(from + i)
		}
		if _, err := db.Collection("c").InsertMany(ctx, batch); err != nil {
			b.Fatal(err)
		}
	}
	export, peer := driverLoop, "driver loop"
	if path, err := exec.LookPath("mongoexport"); err == nil {
		peer = "mongoexport"
		export = func(b *testing.B, _ *mongo.Collection, file string) {
			if out, err := exec.Command(path, "--uri", uri, "--db", db.Name(), "--collection", "c", "--out", file).CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
		}
	}
	b.Log("peer: " + peer)
	var ours, theirs time.Duration
	for b.Loop() {
		began := time.Now()
		export(b, db.Collection("c"), filepath.Join(b.TempDir(), "c.json"))
		theirs += time.Since(began)
		o := fixtureOf(client, b.TempDir(), db.Name(), Collection{Name: "c"})
		began = time.Now()
		if _, err := o.live(ctx); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(began)
	}
	b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "extract-ms")
	b.ReportMetric(float64(theirs.Milliseconds())/float64(b.N), "peer-ms")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "times-peer")
}

func driverLoop(b *testing.B, c *mongo.Collection, file string) {
	out, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(out)
	cursor, err := c.Find(b.Context(), bson.D{})
	if err != nil {
		b.Fatal(err)
	}
	for cursor.Next(b.Context()) {
		line, err := bson.MarshalExtJSON(cursor.Current, false, false)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			b.Fatal(err)
		}
	}
	if err := cursor.Err(); err != nil {
		b.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
}
