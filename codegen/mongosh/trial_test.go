package mongosh

// A run of either engine with what stood there before, and what happens meanwhile.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/stores"
	storemongo "github.com/hayone1/mongocd/runtime/stores/mongo"
)

// trial is one run of one engine, with what disturbs it.
type trial struct {
	t        *testing.T
	client   *mongo.Client
	database string // of what runs remember
	data     *mongo.Collection
	now      time.Time
	slept    time.Duration
	points   []string // what was asked for: find, write, sleep, state:COMMAND
	stop     func()   // makes the run end before its next write
	stopped  bool
	timeout  time.Duration // of a call; 0: the default
	// meddle is called before each of them, and says what becomes of it: "" it is
	// carried out, "lost" it is not and the connection breaks, "lost after" it is and
	// the connection breaks, "refused" the server is no primary any more, "denied" the
	// user may not.
	meddle func(r *trial, point string) string
}

// nth is how often a point was asked for, this time included.
func (r *trial) nth(point string) int {
	n := 0
	for _, p := range r.points {
		if p == point {
			n++
		}
	}
	return n
}

func (r *trial) at(point string) string {
	r.points = append(r.points, point)
	if r.meddle == nil {
		return ""
	}
	return r.meddle(r, point)
}

func (r *trial) sleep(d time.Duration) {
	r.slept += d
	r.now = r.now.Add(d)
	r.at("sleep")
}

func (r *trial) state(collection string) *mongo.Collection {
	return r.client.Database(r.database).Collection(collection)
}

// put writes records, given as Extended JSON.
func (r *trial) put(collection string, records ...string) {
	r.t.Helper()
	for _, text := range records {
		d := parse(r.t, text)
		if _, err := r.state(collection).ReplaceOne(r.t.Context(), bson.D{{Key: "_id", Value: d.Lookup("_id")}}, d, options.Replace().SetUpsert(true)); err != nil {
			r.t.Fatal(err)
		}
	}
}

// held puts a lease there that ends after some time.
func (r *trial) held(run, token string, ends time.Duration) {
	r.t.Helper()
	r.put("control", fmt.Sprintf(`{"_id": "lease %s/w", "format": 1, "run": %q, "token": %q, "expires": {"$date": {"$numberLong": "%d"}}}`,
		r.data.Database().Name(), run, token, time.Now().Add(ends).UnixMilli()))
}

// runRecord is the record of a run of an earlier version, which has no seal.
func runRecord(weave string, n int, token, outcome string) string {
	return fmt.Sprintf(`{"_id": "%[1]s/e/%[2]d", "format": 1, "token": %[3]q, "weave": %[1]q, "environment": "e", "n": {"$numberLong": "%[2]d"}, "artefact": "sha256:00", "compiler": "",
		"databases": ["f_state"], "labels": [], "engine": "go", "started": {"$date": {"$numberLong": "0"}}, "outcome": %[4]q}`, weave, n, token, outcome)
}

// records are what is remembered, without dates, tokens and the engine.
func (r *trial) records() string {
	r.t.Helper()
	var lines []string
	for _, name := range []string{"control", "runs"} {
		for _, raw := range stored(r.t, r.state(name)) {
			b := doc.NewBuilder(len(raw))
			for field, v := range doc.Fields(raw) {
				if v.Type != bson.TypeDateTime && field != "token" && field != "chain" && field != "journal" && field != "records" && field != "engine" && field != "artefact" && field != "cluster" {
					b.Append(field, v)
				}
			}
			lines = append(lines, name+" "+string(doc.Line(b.Raw())))
		}
	}
	return strings.Join(lines, "\n")
}

// disturbed is a server whose calls pass the trial.
type disturbed struct {
	*storemongo.Store
	trial *trial
}

func (s disturbed) pass(point string, do func() error) error {
	switch s.trial.at(point) {
	case "lost":
		return &stores.UnsureError{Err: errors.New("gone")}
	case "denied":
		return &stores.RefusedError{Err: errors.New("not authorized"), Code: 13}
	case "refused":
		return &stores.RefusedError{Err: errors.New("no primary"), Code: 10107}
	case "lost after":
		if err := do(); err != nil {
			s.trial.t.Error(err)
		}
		return &stores.UnsureError{Err: errors.New("gone")}
	}
	return do()
}

func (s disturbed) Command(ctx context.Context, database string, command bson.Raw) (reply bson.Raw, err error) {
	first, err := command.IndexErr(0)
	if err != nil {
		return nil, err
	}
	err = s.pass("state:"+first.Key(), func() (err error) { reply, err = s.Store.Command(ctx, database, command); return err })
	return reply, err
}

func (s disturbed) Count(ctx context.Context, ns stores.Namespace) (n int64, err error) {
	err = s.pass("count", func() (err error) { n, err = s.Store.Count(ctx, ns); return err })
	return n, err
}

func (s disturbed) Write(ctx context.Context, ns stores.Namespace, ops []stores.Op) (result stores.Result, err error) {
	err = s.pass("write", func() (err error) { result, err = s.Store.Write(ctx, ns, ops); return err })
	return result, err
}

// byGo runs the Go engine.
func (r *trial) byGo(uri string, s *desired.State, mode string, o enforce.Options) *change.Report {
	r.t.Helper()
	ctx, stop := context.WithCancel(r.t.Context())
	defer stop()
	r.stop = stop
	server, err := storemongo.Open(ctx, uri, storemongo.Options{Comment: "mongocd w/e", Timeout: r.timeout})
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() {
		if err := server.Close(context.WithoutCancel(ctx)); err != nil {
			r.t.Error(err)
		}
	}()
	o.StateDatabase = r.database
	o.Now = func() time.Time { return r.now }
	o.Sleep = func(_ context.Context, d time.Duration) { r.sleep(d) }
	run := map[string]func(context.Context, stores.Store, *desired.State, enforce.Options) (*change.Report, error){
		"plan": enforce.Plan, "apply": enforce.Apply, "verify": enforce.Verify}[mode]
	report, err := run(ctx, disturbed{server, r}, s, o)
	if err != nil {
		r.t.Fatal(err)
	}
	return report
}

// byScript runs the engine of scripts; it gives the report as JSON and as text.
func (r *trial) byScript(js vm, s *desired.State, mode string, variables map[string]string) (asJSON, text string) {
	r.t.Helper()
	r.stop = func() { r.stopped = true }
	for name, f := range map[string]any{
		"goNow": func() int64 { return r.now.UnixMilli() }, "goStopping": func() bool { return r.stopped }, "goMeddle": r.at,
		"goSleep": func(ms int64) { r.sleep(time.Duration(ms) * time.Millisecond) },
	} {
		if err := js.Set(name, f); err != nil {
			r.t.Fatal(err)
		}
	}
	js.Run(`host.now = goNow;
	host.stopping = goStopping;
	hook = r => {
	  if (r.kind === 'sleep') {
	    goSleep(r.ms);
	    return {value: undefined};
	  }
	  if (r.kind !== 'command') return undefined;
	  const given = () => { // a driver says of a broken connection that the server has answered, with no code
	    const a = answer(r);
	    if (a.error !== undefined && (a.error.code === undefined || a.error.code === 0)) a.error = {message: a.error.message, labels: [], server: false, lost: true};
	    return a;
	  };
	  const name = Object.keys(r.command)[0];
	  let point;
	  if (r.database.startsWith('state_') || name === 'hello') point = 'state:' + name;
	  else if (['insert', 'update', 'delete'].includes(name)) point = 'write';
	  else if (name === 'count') point = name;
	  else return undefined;
	  const becomes = goMeddle(point), error = {message: 'gone', labels: [], server: false, lost: true};
	  if (becomes === 'lost after') answer(r);
	  if (becomes.startsWith('lost')) return {error};
	  if (becomes === 'denied') return {error: {message: 'not authorized', code: 13, labels: [], server: true, lost: false}};
	  return becomes === 'refused' ? {error: {message: 'no primary', code: 10107, labels: [], server: true, lost: false}} : given();
	};`)
	all := map[string]string{"MONGOCD_STATE_DATABASE": r.database}
	for name, value := range variables {
		all[name] = value
	}
	result := runState(r.t, js, s, mode, all)
	return result.JSON, result.Text
}

func ownSources(t *testing.T, client *mongo.Client) []string {
	t.Helper()
	specs, err := client.Database("f_state").ListCollectionSpecifications(t.Context(), bson.D{{Key: "name", Value: "c"}})
	if err != nil || len(specs) != 1 || specs[0].UUID == nil {
		t.Fatalf("%v, %v", specs, err)
	}
	return []string{layout.SourceID(specs[0].UUID.Data)}
}

// losing lets the first n of a kind fail, in these ways one after the other.
func losing(kind string, n int, ways ...string) func(*trial, string) string {
	return func(r *trial, point string) string {
		if point != kind || r.nth(point) > n {
			return ""
		}
		return ways[(r.nth(point)-1)%len(ways)]
	}
}

// at does something the nth time that a point is asked for, before it is carried out.
func at(point string, n int, do func(*trial)) func(*trial, string) string {
	return func(r *trial, now string) string {
		if now == point && r.nth(point) == n {
			do(r)
		}
		return ""
	}
}

// wantLease: the run's lease ends after this time by the server's clock.
func wantLease(d time.Duration) func(*trial) {
	return func(r *trial) {
		r.t.Helper()
		for _, c := range stored(r.t, r.state("control")) {
			if !strings.HasPrefix(c.Lookup("_id").StringValue(), "lease ") {
				continue
			}
			if left := time.Until(time.UnixMilli(c.Lookup("expires").DateTime())); left > d || left < d-20*time.Second {
				r.t.Errorf("%s: it ends in %s", c, left)
			}
			return
		}
		r.t.Error("no lease")
	}
}

// abandoned puts the lease of a run there that has ended a second ago, and its record.
func abandoned(r *trial) {
	r.held("w/e/7", "theirs", -time.Second)
	r.put("runs", runRecord("w", 7, "theirs", "running"))
}

func wantHellos(n int) func(*trial) {
	return func(r *trial) {
		if got := r.nth("state:hello"); got != n {
			r.t.Errorf("%d hello, want %d: %q", got, n, r.points)
		}
	}
}

func wantSlept(d time.Duration) func(*trial) {
	return func(r *trial) {
		if r.slept != d {
			r.t.Errorf("slept %s, want %s; %q", r.slept, d, r.points)
		}
	}
}

// fillRuns puts the records of n runs and one of another weave there, each with a journal.
func fillRuns(n int) func(*trial) {
	return func(r *trial) {
		for i := range n {
			r.put("runs", runRecord("w", i+1, "theirs", "stopped"))
			r.put("journal", fmt.Sprintf(`{"_id": "w/e/%d/000001", "run": "w/e/%d"}`, i+1, i+1))
		}
		r.put("runs", runRecord("v", 1, "theirs", "stopped"))
		r.put("journal", `{"_id": "v/e/1/000001", "run": "v/e/1"}`)
	}
}

// wantRuns: the newest n are there with their journals, and what is of another weave.
func wantRuns(n int) func(*trial) {
	return func(r *trial) {
		r.t.Helper()
		for _, name := range []string{"runs", "journal"} {
			runs := map[string]bool{}
			for _, d := range stored(r.t, r.state(name)) {
				id := d.Lookup("_id").StringValue()
				runs[strings.Join(strings.Split(id, "/")[:3], "/")] = true
			}
			if !runs["v/e/1"] || runs["w/e/1"] {
				r.t.Errorf("%s: %v", name, runs)
			}
			if name == "runs" && len(runs) != n+1 || name == "journal" && (len(runs) < n || len(runs) > n+1) {
				r.t.Errorf("%d of %s, want %d: %v", len(runs), name, n+1, runs)
			}
		}
	}
}
