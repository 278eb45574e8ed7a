package change

// The report: what a run found and did, or a comparison found, the same from both
// engines (docs/report.md; JSON by the tags below, text by package view). Values are
// BSON until then (value.go); item.go has documents and what changes in them.

import (
	"iter"
	"slices"
)

// Outcomes of a run.
const (
	InSync  = "in-sync" // nothing to do
	Unknown = "unknown" // plan, verify: no difference found, but secrets that are not given were not compared
	Kept    = "kept"    // nothing to do, as what differs was changed at the destination and is kept
	Changes = "changes" // plan, verify: differences found
	Applied = "applied" // apply: done and verified
	Undone  = "undone"  // undo: done, but for what is listed as left
	Refused = "refused" // conflicts found, nothing written
	Failed  = "failed"  // an error before anything was written
	Stopped = "stopped" // an error or conflict after something was written
	Skipped = "skipped" // of a database of a fan-out: not begun
)

// Exit codes (docs/enforcement.md, Exit codes).
const (
	ExitDone        = 0
	ExitFailed      = 1
	ExitDifferences = 2
	ExitRefused     = 3
	ExitStopped     = 4
	ExitUsage       = 64
)

// ReportFormat is the version of the JSON (docs/report.schema.json).
//
//js:table
const ReportFormat = 2

// Report is the result of plan, apply, verify, undo or diff. Field order is the order
// in the JSON; slices are never null in it.
type Report struct {
	Format      int    `json:"format"` // ReportFormat
	Command     string `json:"command"`
	Weave       string `json:"weave"`
	Environment string `json:"environment"`
	Outcome     string `json:"outcome"`
	Exit        int    `json:"exit"`
	// Record is the run that is shown: of `runs show` alone, whose collections are what that run wrote.
	Record *RunRecord `json:"record,omitempty"`
	// Comparison says what is compared: of diff alone. Everywhere else the destination
	// is compared with what is wanted.
	Comparison *Comparison `json:"comparison,omitempty"`
	// Settings are what the weave says of the whole run: of diff, what differs.
	Settings []Change `json:"settings,omitempty"`
	// Databases are those of fan-outs, each enforced by a run of its own, by name.
	Databases   []DatabaseItem     `json:"databases,omitempty"`
	Collections []CollectionReport `json:"collections"`
	// Hooks are the commands of `before` and `after` that a run with something to
	// write sends, in order.
	Hooks []HookItem `json:"hooks,omitempty"`
	// Control are the records that claim and release-hold change (docs/state.md).
	Control []ControlItem `json:"control,omitempty"`
	// Notes say what the run could not take into account.
	Notes []string `json:"notes,omitempty"`
	// Leases are those that other runs have at the destination, which status says (status.go) and Notes say here.
	Leases []Lease `json:"-"`
	// Digest is what apply can be held to: of a plan without conflicts.
	Digest string `json:"digest,omitempty"`
	// Engine is the digest of the artefact's code, beside Digest.
	Engine string `json:"engine,omitempty"`
	// Run is the record of an apply that wrote.
	Run       *RunItem   `json:"run,omitempty"`
	Conflicts []Conflict `json:"conflicts"`
	Failure   *Failure   `json:"failure,omitempty"`
}

// NewReport returns the report of a command that has found nothing yet.
func NewReport(weave, environment, command string) *Report {
	return &Report{Format: ReportFormat, Command: command, Weave: weave, Environment: environment, Collections: []CollectionReport{}, Conflicts: []Conflict{}}
}

// DatabaseItem is how one database of a fan-out ended; Database is empty for all that
// are in none.
type DatabaseItem struct {
	Database string `json:"database"` // after redirection
	Outcome  string `json:"outcome"`
	Exit     int    `json:"exit"`
	// Wave is that of apply, from 1; 0: there were none.
	Wave int `json:"wave,omitempty"`
	// Run is the record of the run where it wrote.
	Run *RunItem `json:"run,omitempty"`
}

// RunItem names the record of a run. Journal is the digest of its journal, to be
// kept where others than those of the state database write: undo can be held to it.
type RunItem struct {
	ID      string `json:"id"`
	Journal string `json:"journal"`
}

// Comparison names the sides of diff.
type Comparison struct {
	Kind string `json:"kind"` // rules, environments, revisions, destination
	From string `json:"from"` // an environment, a revision, "extracted", "there"
	To   string `json:"to"`
}

// CollectionReport is one collection of the state, in its order.
type CollectionReport struct {
	Database   string `json:"database"` // after redirection
	Collection string `json:"collection"`
	Origin     string `json:"origin"` // empty in undo, as Mode is
	Mode       string `json:"mode"`
	// Missing: the collection is not at the destination yet and is to be created.
	Missing bool `json:"missing"`
	// Gone: of diff, the second side has no such collection.
	Gone bool `json:"gone,omitempty"`
	// From is DATABASE.COLLECTION on the first side of diff, where it is another one.
	From    string      `json:"from,omitempty"`
	Counts  Counts      `json:"counts"`
	Indexes []IndexItem `json:"indexes"`
	// Options are those of an existing collection that differ, by name.
	Options []OptionItem `json:"options,omitempty"`
	// Settings are what else the weave says of the collection: of diff, what differs.
	Settings []Change `json:"settings,omitempty"`
	// Notes are what else there is to say of it.
	Notes []string `json:"notes,omitempty"`
	// Documents lists inserts and updates in identity order, then unknown, absent and kept ones and deletes, each in identity order.
	Documents []DocumentItem `json:"documents"`
	// Untold are what Documents lacks: a report that is shown as text alone has the first
	// inserts, updates and deletes. No part of the report.
	Untold Untold `json:"-"`
	// All makes all documents of the report, one at a time, where Documents lacks some; those whose
	// action is not asked for it may leave out. nil: it lacks none, or nobody can make them any more.
	All func(asked func(action string) bool) iter.Seq[DocumentItem] `json:"-"`
	// Reason says why undo leaves a collection that the run created.
	Reason string `json:"reason,omitempty"`
	// Done says what apply or undo wrote; absent in plan and verify.
	Done *Done `json:"done,omitempty"`
}

// Items are all documents of the report, in its order, or those of some actions alone: then no others are made.
func (c *CollectionReport) Items(actions ...string) iter.Seq[DocumentItem] {
	asked := func(action string) bool { return len(actions) == 0 || slices.Contains(actions, action) }
	all := slices.Values(c.Documents)
	if c.All != nil {
		all = c.All(asked)
	}
	return func(yield func(DocumentItem) bool) {
		for item := range all {
			if asked(item.Action) && !yield(item) {
				return
			}
		}
	}
}

// Untold are numbers of documents that have no item.
type Untold struct{ Inserts, Updates, Deletes int }

// Counts are numbers of documents, and of lost elements in them.
type Counts struct {
	Desired   int `json:"desired"`
	InSync    int `json:"inSync"`
	Insert    int `json:"insert"`
	Update    int `json:"update"`
	Delete    int `json:"delete"`
	Unknown   int `json:"unknown"`   // differ in nothing but, perhaps, secrets that are not given
	Absent    int `json:"absent"`    // desired, not at the destination, and not inserted: mode update
	Unmanaged int `json:"unmanaged"` // in scope at the destination, not desired, not deleted
	// Kept are those in which something stays as the destination changed it by itself: drift keep. One of
	// which something else is written is in Update, too.
	Kept int `json:"kept,omitempty"`
	Lost int `json:"lost"` // elements of arrays that updates take away from the destination; 0 in diff of files
}

// Add adds those of another collection.
func (c *Counts) Add(more Counts) {
	c.Desired, c.InSync, c.Insert = c.Desired+more.Desired, c.InSync+more.InSync, c.Insert+more.Insert
	c.Update, c.Delete, c.Unknown = c.Update+more.Update, c.Delete+more.Delete, c.Unknown+more.Unknown
	c.Absent, c.Unmanaged, c.Kept, c.Lost = c.Absent+more.Absent, c.Unmanaged+more.Unmanaged, c.Kept+more.Kept, c.Lost+more.Lost
}

// Size is that of a collection.
type Size struct {
	Documents int64 `json:"documents"`
	Bytes     int64 `json:"bytes"` // of BSON
}

// Done counts what was written.
type Done struct {
	Created        bool `json:"created"`
	Indexes        int  `json:"indexes"` // created
	ChangedIndexes int  `json:"changedIndexes"`
	DroppedIndexes int  `json:"droppedIndexes"`
	Options        int  `json:"options"` // changed
	Inserted       int  `json:"inserted"`
	Updated        int  `json:"updated"`
	Deleted        int  `json:"deleted"`
}

// HookItem is one command of `before` or `after`.
type HookItem struct {
	When     string `json:"when"`     // before, after
	Database string `json:"database"` // after redirection
	Command  Value  `json:"command"`
	Origin   string `json:"origin"`
	// Done: the destination carried it out; never in plan and verify.
	Done bool `json:"done"`
}

// ControlItem is a record of what runs remember; Before or After is absent when
// the record is.
type ControlItem struct {
	Record string `json:"record"` // its `_id`
	Before Value  `json:"before,omitzero"`
	After  Value  `json:"after,omitzero"`
}

// Conflict is a reason to refuse the run (docs/enforcement.md, Conflicts).
type Conflict struct {
	Code       string   `json:"code"`
	Database   string   `json:"database"`
	Collection string   `json:"collection"`
	Identity   Value    `json:"identity,omitzero"`
	Paths      []string `json:"paths,omitempty"`
	Message    string   `json:"message"`
	Fix        string   `json:"fix,omitempty"`
	Origin     string   `json:"origin"`
}

// Failure is an error that ended the run.
type Failure struct {
	Stage   string `json:"stage"` // connect, read, lease, before, options, write, prune, indexes, verify, after, record
	Message string `json:"message"`
}
