package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/stores"
)

// breaking is a dialer whose connections end after some bytes read, a few times.
type breaking struct {
	left  atomic.Int64 // connections that end
	bytes int64
}

func (b *breaking) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	return &breakingConn{Conn: conn, from: b}, err
}

type breakingConn struct {
	net.Conn
	from *breaking
	read int64
}

func (c *breakingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.read += int64(n); c.read > c.from.bytes && c.from.left.Add(-1) >= 0 {
		return 0, errors.Join(errors.New("the connection broke"), c.Close())
	}
	return n, err
}

func tree(t *testing.T, root string) string {
	t.Helper()
	var b strings.Builder
	files := os.DirFS(root)
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		fmt.Fprintf(&b, "%s\n%s\n", name, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestRetries: a read that breaks off is begun again, a bounded number of
// times, and the files are those of a read without trouble. Little memory and
// a key that turns out to be none change nothing either.
func TestRetries(t *testing.T) {
	ctx, client, db := newSource(t)
	var documents []any
	for i := range 3000 {
		documents = append(documents, bson.D{{Key: "_id", Value: fmt.Sprintf("k%d", i*7919%3000)}, {Key: "twice", Value: i / 2}, {Key: "n", Value: i}, {Key: "text", Value: strings.Repeat("x", 500)}})
	}
	insert(t, ctx, db.Collection("c"), documents...)
	for _, key := range []string{"_id", "n", "twice"} {
		plain := fixtureOf(client, t.TempDir(), db.Name(), Collection{Name: "c", Key: []doc.Path{{key}}})
		results, err := plain.live(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if noted := results[0].Note != ""; noted != (key == "twice") {
			t.Errorf("%s: %q", key, results[0].Note)
		}
		for _, breaks := range []int64{0, 3, 100} {
			dialer := &breaking{bytes: 300_000}
			dialer.left.Store(breaks)
			shaky, err := mongo.Connect(options.Client().ApplyURI(engine.ForTest(t)).SetDialer(dialer).SetRetryReads(false))
			if err != nil {
				t.Fatal(err)
			}
			o := fixtureOf(shaky, t.TempDir(), db.Name(), plain.Collections...)
			o.memory, o.wait = 100_000, time.Millisecond
			var mu sync.Mutex
			var lines []string
			o.Verbose = func(line string) {
				mu.Lock()
				defer mu.Unlock()
				lines = append(lines, line)
			}
			_, err = o.live(ctx)
			told := slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, "is tried again in") })
			switch {
			case breaks == 100:
				if err == nil || !strings.Contains(err.Error(), "the 5th time failed") || tree(t, o.dir) != "" {
					t.Errorf("%s: %v\n%s", key, err, tree(t, o.dir))
				}
			case err != nil || told != (breaks > 0):
				t.Errorf("%s, %d breaks: %v, told %v", key, breaks, err, lines)
			case tree(t, o.dir) != tree(t, plain.dir):
				t.Errorf("%s, %d breaks: other files", key, breaks)
			}
			if err := shaky.Disconnect(context.WithoutCancel(ctx)); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestStopped: a cancelled extract changes nothing and leaves nothing.
func TestStopped(t *testing.T) {
	ctx, client, db := newSource(t)
	insert(t, ctx, db.Collection("a"), bson.D{{Key: "_id", Value: 1}})
	insert(t, ctx, db.Collection("b"), bson.D{{Key: "_id", Value: 1}})
	o := fixtureOf(client, t.TempDir(), db.Name(), Collection{Name: "a"}, Collection{Name: "b"})
	stopping, stop := context.WithCancel(ctx)
	o.Progress = func(Progress) { stop() }
	if _, err := o.live(stopping); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if left := tree(t, o.dir); left != "" {
		t.Errorf("left over: %s", left)
	}
}

// TestSourceID: the lock has a digest of the collection's UUID.
func TestSourceID(t *testing.T) {
	ctx, client, db := newSource(t)
	insert(t, ctx, db.Collection("c"), bson.D{{Key: "_id", Value: 1}})
	o := fixtureOf(client, t.TempDir(), db.Name(), Collection{Name: "c"})
	results, err := o.live(ctx)
	if err != nil {
		t.Fatal(err)
	}
	specs, err := db.ListCollectionSpecifications(ctx, bson.D{})
	if err != nil || specs[0].UUID == nil {
		t.Fatal(err)
	}
	c, err := o.read(t, results[0].Folder)
	if err != nil || c.SourceID != layout.SourceID(specs[0].UUID.Data) {
		t.Errorf("%q %v", c.SourceID, err)
	}
	// The same data in a collection that was made again is another source.
	if err := db.Collection("c").Drop(ctx); err != nil {
		t.Fatal(err)
	}
	insert(t, ctx, db.Collection("c"), bson.D{{Key: "_id", Value: 1}})
	o.Check = true
	if results, err = o.live(ctx); err != nil || len(results[0].Differences) != 1 || !strings.Contains(results[0].Differences[0].Detail, "made again") {
		t.Errorf("%+v %v", results, err)
	}
}

// TestCheckNamesDocuments: in files of lines, check says which documents differ.
func TestCheckNamesDocuments(t *testing.T) {
	ctx, client, db := newSource(t)
	for i := range 8 {
		insert(t, ctx, db.Collection("c"), bson.D{{Key: "_id", Value: i}, {Key: "x", Value: 1}})
	}
	o := fixtureOf(client, t.TempDir(), db.Name(), Collection{Name: "c"})
	o.Layout = layout.Lines
	if _, err := o.live(ctx); err != nil {
		t.Fatal(err)
	}
	before := tree(t, o.dir)
	if _, err := db.Collection("c").UpdateOne(ctx, bson.D{{Key: "_id", Value: 3}}, bson.D{{Key: "$set", Value: bson.D{{Key: "x", Value: 2}}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Collection("c").DeleteOne(ctx, bson.D{{Key: "_id", Value: 5}}); err != nil {
		t.Fatal(err)
	}
	insert(t, ctx, db.Collection("c"), bson.D{{Key: "_id", Value: 9}})
	o.Check = true
	results, err := o.live(ctx)
	if err != nil || len(results[0].Differences) != 1 || results[0].Differences[0].Detail != "1 changed (_id 3); 1 only at the source (_id 9); 1 only in the file (_id 5)" {
		t.Errorf("%+v %v", results, err)
	}
	if tree(t, o.dir) != before {
		t.Error("check wrote something")
	}
	o.Layout = layout.Files
	if results, err = o.live(ctx); err != nil || len(results[0].Differences) != 10 {
		t.Errorf("another layout: %+v %v", results, err)
	}
}

// TestSnapshot: all collections are read as of one moment, where the engine
// keeps it; where not, each is read for itself.
func TestSnapshot(t *testing.T) {
	ctx, client, db := newSource(t)
	insert(t, ctx, db.Collection("a"), bson.D{{Key: "_id", Value: 1}})
	o := fixtureOf(client, t.TempDir(), db.Name(), Collection{Name: "a"})
	var said bytes.Buffer
	o.Verbose = func(line string) { fmt.Fprintln(&said, line) }
	if _, err := o.live(ctx); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "read concern snapshot") && !strings.Contains(said.String(), "no snapshot, each collection is read for itself") {
		t.Errorf("nothing is said about the snapshot:\n%s", said.String())
	}
	// A moment that the server keeps no longer, or never had, is given up.
	s := &source{From: o.From, o: &o.Options, db: database(client, db.Name()), at: &bson.Timestamp{T: 1, I: 1}}
	tries := 0
	err := s.again(ctx, "reading", func() error {
		tries++
		if s.snapshot() != nil {
			return mongo.CommandError{Code: codeSnapshotTooOld, Message: "too old"}
		}
		return nil
	})
	if err != nil || tries != 2 {
		t.Errorf("%d tries, %v", tries, err)
	}
}

// TestErrorsAreExplained: what failed, what the server says, what to do.
func TestErrorsAreExplained(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{mongo.CommandError{Code: codeUnauthorized, Message: "not authorized"}, "role read"},
		{mongo.CommandError{Message: "broken pipe", Labels: []string{"NetworkError"}}, "and run it again"},
		{context.DeadlineExceeded, "--timeout"},
		{mongo.CommandError{Code: 4242, Message: "hm"}, "its log"},
		{mongo.CommandError{Code: 16500, Message: "Error=16500, RetryAfterMs=34"}, "It asks to come again in 34 ms."},
		{mongo.CommandError{Message: "tls: failed to verify certificate: x509: certificate signed by unknown authority", Labels: []string{"NetworkError"}}, "tlsCAFile=FILE"},
	} {
		if got := explain("reading shop.flags", c.err).Error(); !strings.Contains(got, c.want) || !strings.HasPrefix(got, "reading shop.flags failed: ") {
			t.Errorf("%q, want …%s…", got, c.want)
		}
	}
}

// TestServerAnswers: each code that a server is known to answer with is explained, and read
// again as often as it may pass.
func TestServerAnswers(t *testing.T) {
	s := &source{o: &Options{wait: time.Nanosecond}}
	for _, a := range stores.Answers {
		tries := 0
		err := s.again(t.Context(), "reading shop.flags", func() error {
			tries++
			return mongo.CommandError{Code: int32(a.Code), Name: a.Name, Message: "refused for a test; RetryAfterMs=34"}
		})
		passes := stores.RetryableCode(a.Code) || slices.Contains([]int{43, 133, 13388}, a.Code)
		wanted, doing := 1, "reading shop.flags failed: "
		if passes {
			wanted, doing = attempts, "reading shop.flags, the 5th time failed: "
		}
		if tries != wanted {
			t.Errorf("%d %s: read %d times, want %d", a.Code, a.Name, tries, wanted)
		}
		parts := []string{doing, fmt.Sprintf("%s (%d): %s. It asks to come again in 34 ms.\n  %s", a.Name, a.Code, a.Means, a.Fix)}
		if a.Code == codeUnauthorized {
			parts[1] = "\n  check the user's rights: extract needs the role read on the database, and nothing more"
		}
		for _, part := range parts {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%d: no %q in\n%s", a.Code, part, err)
			}
		}
		tries = 0
		err = s.again(t.Context(), "reading", func() error {
			if tries++; tries == 1 {
				return mongo.CommandError{Code: int32(a.Code), Message: "for a moment"}
			}
			return nil
		})
		if (err == nil) != passes {
			t.Errorf("%d %s, once: %v", a.Code, a.Name, err)
		}
	}
}

// TestTimeoutIsOfOneCall: reading a collection may take longer than one call.
func TestTimeoutIsOfOneCall(t *testing.T) {
	ctx, _, db := newSource(t)
	for i := range 3 {
		insert(t, ctx, db.Collection("c"), bson.D{{Key: "_id", Value: i}, {Key: "x", Value: strings.Repeat("x", 8<<20)}})
	}
	client, err := mongo.Connect(options.Client().ApplyURI(engine.ForTest(t)).SetTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := client.Disconnect(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	}()
	o := fixtureOf(client, t.TempDir(), db.Name())
	s := &source{From: o.From, o: &o.Options, db: database(client, db.Name())}
	n := 0
	if err := s.documents(ctx, "c", func(bson.Raw) error {
		n++
		time.Sleep(600 * time.Millisecond)
		return nil
	}); err != nil || n != 3 {
		t.Errorf("%d documents: %v", n, err)
	}
}
