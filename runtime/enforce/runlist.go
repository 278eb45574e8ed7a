package enforce

// The records of runs, as undo, `runs` and `release-hold` read them. In: a
// store; out: records, and the list of them as text and JSON (docs/state.md).

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/safe"
	"github.com/hayone1/mongocd/runtime/stores"
)

// Collections of the state database.
const (
	runsCollection    = "runs"
	journalCollection = "journal"
	controlCollection = "control"
	ledgerCollection  = "ledger"
)

// ErrNoState is the error for a destination that keeps nothing of runs.
var ErrNoState = fmt.Errorf("this destination is a directory: it keeps no runs, git does")

// RunList is what `runs` gives: of one weave and environment, newest first.
// Field order is the order in the JSON.
type RunList struct {
	Format      int         `json:"format"` // 1
	Command     string      `json:"command"`
	Weave       string      `json:"weave"`
	Environment string      `json:"environment"`
	Exit        int         `json:"exit"`
	Runs        []RunRecord `json:"runs"`
	Failure     *Failure    `json:"failure,omitempty"`
}

// RunRecord is one run. Dates are in UTC, by the server's clock.
type RunRecord struct {
	ID        string    `json:"id"` // WEAVE/ENVIRONMENT/N
	N         int64     `json:"n"`
	Outcome   string    `json:"outcome"` // running, applied, stopped, broken-off
	Artefact  string    `json:"artefact"`
	Compiler  string    `json:"compiler"`
	Engine    string    `json:"engine"` // go, mongosh
	Databases []string  `json:"databases"`
	Labels    []Label   `json:"labels"`
	Started   string    `json:"started"`
	Ended     string    `json:"ended,omitempty"`
	Counts    RunCounts `json:"counts"`
	Undone    string    `json:"undone,omitempty"`

	seal           string
	collections    []string
	chain, journal []byte // nil: none
	records        int64
}

// RunCounts are numbers of what a run wrote.
type RunCounts struct {
	Inserted    int64 `json:"inserted"`
	Updated     int64 `json:"updated"`
	Deleted     int64 `json:"deleted"`
	Collections int64 `json:"collections"` // created
	Indexes     int64 `json:"indexes"`     // created, changed, dropped
	Options     int64 `json:"options"`     // changed
}

// Runs lists the runs that have changed something. It only reads. The error is
// for a destination that keeps none, or options that do not fit; everything else
// is in the list.
func Runs(ctx context.Context, store stores.Store, weave, environment string, options Options) (*RunList, error) {
	if _, ok := store.(stores.Server); !ok {
		return nil, ErrNoState
	}
	if err := options.Check(&desired.State{}); err != nil {
		return nil, err
	}
	list := &RunList{Format: 1, Command: "runs", Weave: weave, Environment: environment, Runs: []RunRecord{}}
	runs, err := readRuns(ctx, stores.Retrying(store, stores.NewClock(options.Now, options.Sleep)), options.stateDatabase(), weave, environment)
	if err != nil {
		return list.failed("read", err), nil
	}
	list.Runs = runs
	return list, nil
}

// RunsNotConnected is the list of a destination that could not be reached.
func RunsNotConnected(weave, environment string, err error) *RunList {
	list := &RunList{Format: 1, Command: "runs", Weave: weave, Environment: environment, Runs: []RunRecord{}}
	return list.failed("connect", err)
}

func (l *RunList) failed(stage string, err error) *RunList {
	l.Exit, l.Failure = ExitFailed, &Failure{Stage: stage, Message: err.Error()}
	return l
}

// readRuns reads the records of a weave and environment, newest first.
func readRuns(ctx context.Context, store stores.Store, database, weave, environment string) ([]RunRecord, error) {
	filter := doc.NewBuilder(64).AppendString("weave", weave).AppendString("environment", environment).Raw()
	runs := []RunRecord{}
	for d, err := range store.Find(ctx, stores.Namespace{Database: database, Collection: runsCollection}, stores.Query{Filter: filter}) {
		if err != nil {
			return nil, err
		}
		r, err := readRun(d)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	slices.SortFunc(runs, func(a, b RunRecord) int { return cmp.Compare(b.N, a.N) })
	return runs, nil
}

// readRun reads the record of a run.
func readRun(d bson.Raw) (RunRecord, error) {
	if err := checkRecord("run", d); err != nil {
		return RunRecord{}, err
	}
	text := func(name string) string {
		s, _ := d.Lookup(name).StringValueOK()
		return s
	}
	date := func(name string) string {
		ms, ok := d.Lookup(name).DateTimeOK()
		if !ok {
			return ""
		}
		return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
	}
	r := RunRecord{ID: text("_id"), Outcome: text("outcome"), Artefact: text("artefact"), Compiler: text("compiler"), Engine: text("engine"),
		Databases: texts(d.Lookup("databases")), Labels: []Label{}, Started: date("started"), Ended: date("ended"), Undone: date("undone"),
		seal: text("seal"), collections: texts(d.Lookup("collections")), chain: binaryBytes(d.Lookup("chain")), journal: binaryBytes(d.Lookup("journal"))}
	if r.Databases == nil {
		r.Databases = []string{}
	}
	r.N = d.Lookup("n").Int64()
	r.records, _ = d.Lookup("records").Int64OK()
	switch {
	case r.ID != text("weave")+"/"+text("environment")+"/"+strconv.FormatInt(r.N, 10):
		return r, damaged("run", d, "its _id is not made of its weave, environment and n")
	case (r.seal == "") != (r.chain == nil) || (r.seal == "") != (d.Lookup("collections").Type == 0) || r.seal == "" && r.journal != nil:
		return r, damaged("run", d, "of seal, chain and collections not all are there")
	case (r.journal == nil) != (d.Lookup("records").Type == 0) || r.journal != nil && r.Ended == "" || r.journal == nil && r.seal != "" && r.Outcome == Applied:
		return r, damaged("run", d, "outcome, ended, records and journal do not fit each other")
	}
	if labels, ok := d.Lookup("labels").ArrayOK(); ok {
		for _, v := range doc.Fields(bson.Raw(labels)) {
			l, _ := v.DocumentOK()
			name, _ := l.Lookup("name").StringValueOK()
			value, _ := l.Lookup("value").StringValueOK()
			r.Labels = append(r.Labels, Label{name, value})
		}
	}
	if counts, ok := d.Lookup("counts").DocumentOK(); ok {
		for name, to := range map[string]*int64{
			"inserted": &r.Counts.Inserted, "updated": &r.Counts.Updated, "deleted": &r.Counts.Deleted,
			"collections": &r.Counts.Collections, "indexes": &r.Counts.Indexes, "options": &r.Counts.Options,
		} {
			*to, _ = counts.Lookup(name).AsInt64OK()
		}
	}
	return r, nil
}

// findRun finds the run that a person names, N or WEAVE/ENVIRONMENT/N, or the
// newest that is not undone for an empty name; -1 when there is none.
func findRun(runs []RunRecord, name string) int {
	return slices.IndexFunc(runs, func(r RunRecord) bool {
		if name == "" {
			return r.Undone == ""
		}
		return r.ID == name || strconv.FormatInt(r.N, 10) == name
	})
}

// JSON returns the list as one indented JSON document with a newline.
func (l *RunList) JSON() ([]byte, error) { return indentedJSON(l) }

// indentedJSON writes JSON that is safe on a terminal.
func indentedJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("writing JSON: %w", err)
	}
	return EscapeJSON(b.Bytes()), nil
}

// EscapeJSON returns JSON in which characters that act on a terminal, which JSON
// has in strings only and encoding/json leaves as they are, stand as escapes.
func EscapeJSON(text []byte) []byte {
	act := func(r rune) bool { return r != '\n' && safe.Hidden(r) }
	if !bytes.ContainsFunc(text, act) {
		return text
	}
	var out []byte
	for _, r := range string(text) {
		if act(r) {
			for _, unit := range utf16.AppendRune(nil, r) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// Render returns the list for people: a line a run, with its databases when not
// all wrote to the same. Of the form, Markdown counts.
func (l *RunList) Render(f Form) string {
	t, n := &texter{markdown: f.Markdown}, len(l.Runs)
	t.title("runs of %s for %s: %s", t.name(l.Weave), t.name(l.Environment), cmp.Or(present(part{n, plural(n, "run", "runs")}), "none"))
	if n > 0 {
		t.part("runs")
	}
	others := slices.ContainsFunc(l.Runs, func(r RunRecord) bool { return !slices.Equal(r.Databases, l.Runs[0].Databases) })
	for _, r := range l.Runs {
		c := r.Counts
		written := present(part{int(c.Inserted), "inserted"}, part{int(c.Updated), "updated"}, part{int(c.Deleted), "deleted"},
			part{int(c.Collections), plural(int(c.Collections), "collection created", "collections created")},
			part{int(c.Indexes), plural(int(c.Indexes), "index", "indexes")}, part{int(c.Options), plural(int(c.Options), "option", "options")})
		var databases, labels, undone string
		if others {
			var names []string
			for _, name := range r.Databases {
				names = append(names, t.name(name))
			}
			databases = "  in " + strings.Join(names, ", ")
		}
		for _, label := range r.Labels {
			labels += "  " + t.name(label.Name+"="+label.Value)
		}
		if r.Undone != "" {
			undone = "  undone " + r.Undone
		}
		t.entry("%d  %s  %s  %s%s%s%s", r.N, clean(r.Outcome), r.Started, cmp.Or(written, "nothing"), databases, labels, undone)
	}
	if l.Failure != nil {
		t.head("failure in stage %s", clean(l.Failure.Stage))
		t.block(l.Failure.Message)
	}
	return t.b.String()
}
