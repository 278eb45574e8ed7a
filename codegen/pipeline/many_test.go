package pipeline_test

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/compiler/pushdown"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Many documents: applied by a run that is killed while it writes, gone on with by the
// next, and in sync at the third. MONGOCD_PIPELINE is how many; `make soak` has 1,000,000.
func TestManyDocuments(t *testing.T) {
	n := 400
	if text := os.Getenv("MONGOCD_PIPELINE"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t)
	w.generate(n)
	script, _ := made(t, "where rank < 50 { set rank = rank * 2 } else { set rank = 100 - rank }\nset name = upper(name)", pushdown.Policies{On: []string{"_id"}, Mode: desired.Merge})
	ranges := "MONGOCD_RANGE=" + strconv.Itoa(max(4, n/100))
	began := time.Now()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	ended := make(chan engine.Run, 1)
	go func() {
		r, _ := engine.RunMongosh(ctx, w.uri, script.script, "TEST_MODES=apply", ranges) // it is killed: that is its error
		ended <- r
	}()
	state := w.client.Database("mongocd")
	for killed := false; !killed; time.Sleep(5 * time.Millisecond) {
		names, err := state.ListCollectionNames(t.Context(), bson.D{})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			done, err := state.Collection(name).CountDocuments(t.Context(), bson.D{{Key: "done", Value: bson.D{{Key: "$gt", Value: 1}}}})
			if err != nil {
				t.Fatal(err)
			}
			killed = killed || done > 0
		}
		select {
		case r := <-ended:
			t.Fatalf("the run ended before it could be killed: exit %d\n%s%s", r.Code, r.Stdout, r.Stderr)
		default:
		}
	}
	kill()
	<-ended
	t.Logf("%d documents: killed while writing after %v", n, time.Since(began).Round(time.Millisecond))
	for _, says := range []string{"goes on; still", "in sync: nothing was written"} {
		began = time.Now()
		r, err := engine.RunMongosh(t.Context(), w.uri, script.script, "TEST_MODES=apply", ranges)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(r.Stdout, "exit 0") || !strings.Contains(r.Stdout, says) {
			t.Errorf("exit %d without %q:\n%s%s", r.Code, says, r.Stdout, r.Stderr)
		}
		t.Logf("%s: %v", says, time.Since(began).Round(time.Millisecond))
	}
	if there, err := w.shop.CountDocuments(t.Context(), bson.D{{Key: "rank", Value: bson.D{{Key: "$lte", Value: 98}}}, {Key: "name", Value: bson.D{{Key: "$regex", Value: "^PRODUCT"}}}}); err != nil || there != int64(n) {
		t.Errorf("%d documents are as wanted, of %d: %v", there, n, err)
	}
}

// generate fills staging with n documents and shop with the first half of them, on the
// server: a thousand, doubled until there are enough.
func (w *world) generate(n int) {
	w.t.Helper()
	made := bson.D{{Key: "name", Value: bson.D{{Key: "$concat", Value: bson.A{"product ", bson.D{{Key: "$toString", Value: "$_id"}}}}}},
		{Key: "rank", Value: bson.D{{Key: "$mod", Value: bson.A{"$_id", 100}}}}, {Key: "text", Value: strings.Repeat("x", 200)}}
	var first []any
	for i := range min(n, 1000) {
		first = append(first, bson.D{{Key: "_id", Value: int32(i)}})
	}
	if _, err := w.staging.InsertMany(w.t.Context(), first); err != nil {
		w.t.Fatal(err)
	}
	below := func(n int) bson.D {
		return bson.D{{Key: "$match", Value: bson.D{{Key: "_id", Value: bson.D{{Key: "$lt", Value: int32(n)}}}}}}
	}
	into := func(c *mongo.Collection, stages ...any) {
		w.t.Helper()
		cursor, err := w.staging.Aggregate(w.t.Context(), append(bson.A(stages), bson.D{{Key: "$merge", Value: bson.D{{Key: "into", Value: bson.D{{Key: "db", Value: c.Database().Name()}, {Key: "coll", Value: c.Name()}}}}}}))
		if err == nil {
			err = cursor.Close(w.t.Context())
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	for there := len(first); there < n; there *= 2 {
		into(w.staging, below(min(there, n-there)), bson.D{{Key: "$set", Value: bson.D{{Key: "_id", Value: bson.D{{Key: "$add", Value: bson.A{"$_id", int32(there)}}}}}}})
	}
	into(w.staging, bson.D{{Key: "$set", Value: made}})
	into(w.shop, below(n/2))
}
