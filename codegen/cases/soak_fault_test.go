package cases

// Networks that fail and processes that are killed while an artefact applies. Then
// running again always ends in sync, undoing every run brings back what was there
// before, and nothing outside of the plan is ever touched.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
	"github.com/hayone1/mongocd/cmd/testserver/fault"
	"github.com/hayone1/mongocd/cmd/testserver/wire"
	"github.com/hayone1/mongocd/codegen/cases/model"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/enforce"
	mongostore "github.com/hayone1/mongocd/runtime/stores/mongo"
	"github.com/hayone1/mongocd/runtime/undo"
)

// hurried gives a run a clock by which every wait is over at once: before it tries
// again, and for what the run before it has sent.
func hurried(o enforce.Options) enforce.Options {
	var skipped atomic.Int64
	o.Now = func() time.Time { return time.Now().Add(time.Duration(skipped.Load())) }
	o.Sleep = func(ctx context.Context, d time.Duration) {
		select {
		case <-ctx.Done():
		case <-time.After(min(d, 20*time.Millisecond)):
		}
		skipped.Add(int64(d))
	}
	return o
}

// impatient makes clients give up soon when there is no server.
func impatient(proxy *fault.Proxy) string { return proxy.URI() + "&serverSelectionTimeoutMS=300" }

// faultProxy is a network between artefacts and the test engine.
func faultProxy(t *testing.T) *fault.Proxy {
	t.Helper()
	target, err := url.Parse(engine.ForTest(t))
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := fault.Start(context.Background(), target.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	return proxy
}

// faults are one to three, somewhere in so many bytes. After one of a fifth of
// runs the network does not come back.
func faults(r *rand.Rand, bytes int64) []fault.Fault {
	var out []fault.Fault
	for i := range 1 + r.IntN(3) {
		f := fault.Fault{At: r.Int64N(bytes)}
		switch n := r.IntN(10); {
		case i == 0 && n < 2:
			f.Down = time.Hour
		case n < 5:
			f.Delay = time.Duration(1+r.IntN(30)) * time.Millisecond
		case n < 7:
			f.Down = time.Duration(r.IntN(100)) * time.Millisecond
		}
		out = append(out, f)
	}
	return out
}

// holder is the run that holds the lease of a subject; empty when none does.
func (d *destination) holder(t *testing.T) string {
	t.Helper()
	lease, err := d.client.Database(d.stateDatabase()).Collection("control").
		FindOne(t.Context(), bson.D{{Key: "_id", Value: bson.D{{Key: "$regex", Value: "^lease "}}}}).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	run, _ := lease.Lookup("run").StringValueOK()
	return run
}

// wantUntouched: there is nothing that is not of the plan, witnesses are as they
// were, and so is what the weave does not own.
func (d *destination) wantUntouched(t *testing.T, what string) {
	t.Helper()
	before := subjectWorld()
	for _, c := range d.world(t) {
		switch c.name {
		case "witness":
			i := slices.IndexFunc(before, func(b collection) bool { return b.name == c.name })
			if got, want := show([]collection{c}, itself), show(before[i:i+1], itself); got != want {
				t.Errorf("%s: a witness is changed\n%s", what, lineDiff(want, got))
			}
		case "items":
			for _, item := range c.documents {
				key := item.Lookup("k").StringValue()
				wasThere := strings.HasPrefix(key, "x") || int(key[2]-'0')%2 == 0
				if app, ok := item.Lookup("app").AsInt64OK(); wasThere != ok || app != 0 {
					t.Errorf("%s: the application's field of %s is changed: %s", what, key, item)
				}
			}
		case "others":
		default:
			t.Errorf("%s: there is a collection %s", what, c.name)
		}
	}
}

// heal runs again, over a whole network, taking over what a broken run left, and
// wants the destination to be as expected; then it undoes all runs, trying to do
// so first over the disturbed network, if there is one.
func (d *destination) heal(t *testing.T, state *desired.State, expected string, disturbed *fault.Proxy, what string) {
	t.Helper()
	d.wantUntouched(t, what)
	report, err := d.applyInProcess(t, d.uri, state, hurried(enforce.Options{ForceUnlock: d.holder(t)}))
	if err != nil {
		t.Fatal(err)
	}
	if report.Exit != change.ExitDone {
		t.Fatalf("%s: running again ended with %d\n%s", what, report.Exit, view.Text(report, true))
	}
	if got := show(inOrder(d.world(t)), itself); got != expected {
		t.Fatalf("%s: after running again the destination is not as expected\n%s\n%s", what, head(lineDiff(expected, got)), view.Text(report, true))
	}
	if report, err = d.applyInProcess(t, d.uri, state, enforce.Options{}); err != nil || report.Outcome != change.InSync {
		t.Fatalf("%s: the run after that is %s, %v\n%s", what, report.Outcome, err, view.Text(report, true))
	}
	if disturbed != nil {
		report, err := d.undo(t, impatient(disturbed), state)
		what += fmt.Sprintf("\nand undone: %v", err)
		if err == nil {
			what += view.Report(report, view.Form{Quiet: true})
		}
		disturbed.Inject()
	}
	d.undoAll(t, what, state)
	d.wantUntouched(t, what)
}

// undo undoes the newest run; the error is one of connecting.
func (d *destination) undo(t *testing.T, uri string, state *desired.State) (*change.Report, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	store, err := mongostore.Open(ctx, uri, mongostore.Options{Comment: "mongocd soak/prod"})
	if err != nil {
		return nil, err
	}
	report, err := undo.Undo(ctx, store, state, undo.Options{}, hurried(enforce.Options{Databases: map[string]string{"db": d.prefix + "db"}, StateDatabase: d.stateDatabase(), ForceUnlock: d.holder(t)}))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(context.WithoutCancel(ctx)); err != nil {
		t.Logf("closing: %v", err) // the line may be cut
	}
	return report, nil
}

// undoAll undoes every run, the newest first, and wants the world of before, with
// what was created left empty.
func (d *destination) undoAll(t *testing.T, what string, state *desired.State) {
	t.Helper()
	for range 5 {
		report, err := d.undo(t, d.uri, state)
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Conflicts) == 1 && report.Conflicts[0].Code == change.NoSuchRun.Code {
			want, got := show(inOrder(subjectWorld()), itself), show(inOrder(withoutEmpty(d.world(t))), itself)
			if want != got {
				t.Fatalf("%s: undoing did not bring back what was there\n%s", what, head(lineDiff(want, got)))
			}
			return
		}
		if report.Exit != change.ExitDone {
			t.Fatalf("%s: undo ended with %d\n%s", what, report.Exit, view.Text(report, true))
		}
	}
	t.Fatalf("%s: there is always one more run to undo", what)
}

// withoutEmpty leaves out `others` when it is there and empty: what was created stays.
func withoutEmpty(world []collection) []collection {
	return slices.DeleteFunc(world, func(c collection) bool { return c.name == "others" && len(c.documents) == 0 })
}

// inOrder sorts the fields of documents, embedded ones too: a removed field that
// comes back stands at the end.
func inOrder(world []collection) []collection {
	var sorted func(d bson.Raw) bson.Raw
	sorted = func(d bson.Raw) bson.Raw {
		fields := map[string]bson.RawValue{}
		for name, v := range doc.Fields(d) {
			if inner, ok := v.DocumentOK(); ok {
				v.Value = sorted(inner)
			}
			fields[name] = v
		}
		out := doc.NewBuilder(len(d))
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			out.Append(name, fields[name])
		}
		return out.Raw()
	}
	var out []collection
	for _, c := range world {
		c.documents = slices.Clone(c.documents)
		for i, d := range c.documents {
			c.documents[i] = sorted(d)
		}
		out = append(out, c)
	}
	sortWorld(out)
	return out
}

// head is the beginning of a long text.
func head(text string) string { return text[:min(len(text), 2000)] }

// expectedSubject is the subject as it is to be.
func expectedSubject(t *testing.T, state *desired.State) string {
	t.Helper()
	expected := model.Apply(state, nil, toModel(subjectWorld()))
	if expected.Outcome != model.Applied {
		t.Fatalf("the model says %s %v", expected.Outcome, expected.Conflicts)
	}
	return show(inOrder(fromModel(expected.World)), itself)
}

// traffic is how many bytes a run passes over a whole network.
func traffic(t *testing.T, proxy *fault.Proxy, state *desired.State) int64 {
	t.Helper()
	d := newSubject(t)
	proxy.Inject()
	if report, err := d.applyInProcess(t, proxy.URI(), state, enforce.Options{}); err != nil || report.Exit != change.ExitDone {
		t.Fatalf("over a whole network: %v\n%s", err, view.Text(report, true))
	}
	bytes, _ := proxy.Passed()
	return bytes
}

// TestFaultsBetweenTheGoEngineAndTheServer: MONGOCD_SOAK=n for a sixth of n runs.
func TestFaultsBetweenTheGoEngineAndTheServer(t *testing.T) {
	first, n := seed(t), max(1, soak(t, 48)/6)
	proxy := faultProxy(t)
	modes := []desired.Mode{desired.Merge, desired.Replace, desired.Exact}
	total := traffic(t, proxy, subjectState(desired.Merge))
	tally := map[string]int{}
	for i := range n {
		s := first + uint64(i)
		r := rand.New(rand.NewPCG(s, 0))
		state := subjectState(modes[r.IntN(len(modes))])
		d := newSubject(t)
		injected := faults(r, total)
		proxy.Inject(injected...)
		report, err := d.applyInProcess(t, impatient(proxy), state, hurried(enforce.Options{}))
		_, hit := proxy.Passed()
		proxy.Inject()
		what := fmt.Sprintf("seed %d, faults %+v", s, injected)
		switch {
		case err != nil:
			tally["not connected"]++
		default:
			what += "\n" + view.Report(report, view.Form{Quiet: true})
			tally[fmt.Sprintf("exit %d", report.Exit)]++
		}
		tally["faults"] += hit
		injected = faults(r, total/2)
		proxy.Inject(injected...)
		d.heal(t, state, expectedSubject(t, state), proxy, fmt.Sprintf("%s\nwhen undoing %+v", what, injected))
		if t.Failed() {
			t.FailNow()
		}
		if (i+1)%50 == 0 {
			t.Logf("%d runs so far: %v", i+1, tally)
		}
	}
	t.Logf("%d runs of %d bytes: %v", n, total, tally)
}

// TestKilledRuns: SIGKILL of the Go program at random commands, before the server sees them or while
// it carries them out: not at moments of a clock, which has another pace when much else runs.
// MONGOCD_SOAK=n for a tenth of n kills.
func TestKilledRuns(t *testing.T) {
	first, n := seed(t), max(1, soak(t, 60)/10)
	state := subjectState(desired.Merge)
	expected, program := expectedSubject(t, state), buildGo(t, state)
	whole := newSubject(t)
	if whole.killed(t, program, 0, false) {
		t.Fatal("a run that nobody disturbs was killed")
	}
	commands := int64(len(whole.proxy.Commands()))
	killed, wrote, runs := 0, 0, 0
	for ; killed < n && runs < 5*n; runs++ {
		s := first + uint64(runs)
		r := rand.New(rand.NewPCG(s, 0))
		d := newSubject(t)
		at, before := 1+r.Int64N(commands), r.IntN(2) == 0
		if d.killed(t, program, at, before) {
			killed++
		}
		if show(inOrder(d.world(t)), itself) != show(inOrder(subjectWorld()), itself) {
			wrote++
		}
		d.heal(t, state, expected, nil, fmt.Sprintf("seed %d, killed at command %d of about %d, before it: %v", s, at, commands, before))
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d runs of about %d commands: %d killed, %d had written something", runs, commands, killed, wrote)
	if killed < n {
		t.Errorf("%d runs were killed, want %d", killed, n)
	}
}

// killed has a program apply and kills it when it sends its at-th command, before the server
// has that or meanwhile; at 0: never. It reports whether that ended it.
func (d *destination) killed(t *testing.T, program string, at int64, before bool) bool {
	t.Helper()
	started, seen := make(chan *os.Process, 1), atomic.Int64{}
	var kills sync.WaitGroup
	kill := func() {
		if err := (<-started).Kill(); err != nil {
			t.Logf("too late: %v", err)
		}
	}
	d.proxy.OnCommand(func(wire.Command) {
		switch {
		case seen.Add(1) != at:
		case before:
			kill()
		default:
			kills.Go(kill)
		}
	})
	defer d.proxy.OnCommand(nil)
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	cmd, stdout, stderr, err := d.start(ctx, program, d.proxy.URI(), "apply")
	if err != nil {
		t.Fatal(err)
	}
	started <- cmd.Process
	err = cmd.Wait()
	kills.Wait()
	if err != nil && (cmd.ProcessState.Exited() || ctx.Err() != nil) {
		t.Fatalf("%v\n%s%s", err, stdout, stderr)
	}
	return err != nil
}

// TestFaultsBetweenMongoshAndTheServer: MONGOCD_SOAK=n for a sixth of n runs. What
// mongosh leaves, the Go engine takes over and undoes. The network is whole until the
// script begins: now and then mongosh waits for ever where a connection is cut while it
// greets the server (docs/testing.md), and nothing of ours runs by then.
func TestFaultsBetweenMongoshAndTheServer(t *testing.T) {
	first, n := seed(t), max(1, soak(t, 18)/6)
	proxy := faultProxy(t)
	state := subjectState(desired.Replace)
	script, expected := buildScript(t, state), expectedSubject(t, state)
	run := func(d *destination, what string) engine.Run {
		ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
		defer cancel()
		run, err := d.mongosh(ctx, script, impatient(proxy), "apply")
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return run
	}
	begin := greeting(t, proxy)
	proxy.Inject()
	if run := run(newSubject(t), "over a whole network"); run.Code != change.ExitDone {
		t.Fatalf("over a whole network: exit %d\n%s%s", run.Code, run.Stdout, run.Stderr)
	}
	total, _ := proxy.Passed()
	tally := map[string]int{}
	for i := range n {
		s := first + uint64(i)
		r := rand.New(rand.NewPCG(s, 0))
		d := newSubject(t)
		injected := faults(r, total-begin)
		for i := range injected {
			injected[i].At += begin
		}
		proxy.Inject(injected...)
		what := fmt.Sprintf("seed %d, faults %+v", s, injected)
		run := run(d, what)
		_, hit := proxy.Passed()
		proxy.Inject()
		tally[fmt.Sprintf("exit %d", run.Code)]++
		tally["faults"] += hit
		d.heal(t, state, expected, nil, fmt.Sprintf("%s\nmongosh: exit %d\n%s%s", what, run.Code, head(run.Stdout), head(run.Stderr)))
		if t.Failed() {
			t.FailNow()
		}
		if (i+1)%50 == 0 {
			t.Logf("%d runs so far: %v", i+1, tally)
		}
	}
	t.Logf("%d runs of %d bytes: %v", n, total, tally)
}

// greeting is how many bytes mongosh passes before a script begins, and a quarter more,
// as it is not always the same.
func greeting(t *testing.T, proxy *fault.Proxy) int64 {
	t.Helper()
	script := filepath.Join(t.TempDir(), "nothing.js")
	if err := os.WriteFile(script, []byte("undefined\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), runTimeout)
	defer cancel()
	proxy.Inject()
	if run, err := engine.RunMongosh(ctx, impatient(proxy), script); err != nil || run.Code != 0 {
		t.Fatalf("an empty script: exit %d, %v\n%s%s", run.Code, err, run.Stdout, run.Stderr)
	}
	bytes, _ := proxy.Passed()
	return bytes * 5 / 4
}
