package live

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/changeset"
	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

// bytebaseRefused are the cases of changesetCases that its statements cannot say, and why.
var bytebaseRefused = map[string]string{"type-symbol": "v is a symbol, and Bytebase has no literal for it", "type-regex": "v is a regex, and Bytebase has no literal for it"}

// TestBytebase: the statements of `plan --output bytebase`, run by mongosh, leave what apply
// leaves, byte for byte; and their aggregations fail when the plan does not hold any more.
func TestBytebase(t *testing.T) {
	uri, mongosh := engine.ForTest(t), engine.MongoshPath(t)
	store := opened(t, uri)
	dir := t.TempDir()
	var all []plannedCase
	var script strings.Builder
	for _, name := range changesetCases {
		c := planned(t, store, "bytebase", name)
		text, err := c.plan.In("bytebase")
		if want := bytebaseRefused[name]; want != "" || err != nil {
			if err == nil || !strings.Contains(err.Error(), want) || want == "" {
				t.Errorf("%s: %v\nwant a refusal with %q", name, err, want)
			}
			continue
		}
		checkAssertions(t, store, c)
		file := filepath.Join(dir, name+".js")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&script, "use('%s'); load('%s');\n", c.database, file)
		all = append(all, c)
	}
	if len(all) < 4 {
		t.Fatalf("only %d cases can be said", len(all))
	}
	file := filepath.Join(dir, "all.js")
	if err := os.WriteFile(file, []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, mongosh, uri, "--quiet", "--norc", file)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range all {
		got := dumped(t, store, c.database)
		if want := c.applied(t, store); got != want {
			t.Errorf("%s: the statements left\n%s\napply\n%s", c.name, got, want)
		}
	}
}

// checkAssertions runs the aggregations of a plan, which all succeed before it is carried out,
// and each of which fails when the other number of documents is looked for.
func checkAssertions(t *testing.T, store *mongo.Store, c plannedCase) {
	t.Helper()
	for _, s := range c.plan.Steps {
		if s.Look.Filter == nil {
			continue
		}
		for _, wrong := range []bool{false, true} {
			if wrong {
				s.Found = 1 - s.Found
			}
			d, err := bson.Marshal(bson.D{{Key: "aggregate", Value: s.Look.Collection}, {Key: "pipeline", Value: changeset.Assertion(s)}, {Key: "cursor", Value: bson.D{}}})
			if err != nil {
				t.Fatal(err)
			}
			err = store.Run(t.Context(), c.database, d)
			if (err != nil) != wrong || wrong && !strings.Contains(err.Error(), "not as planned: "+s.Title) {
				t.Errorf("looking for %d documents: %v", s.Found, err)
			}
		}
	}
}
