package change

// The report: what a run found and did, the same from both engines (JSON by
// the tags below, text by package view). Values are
// canonical Extended JSON; paths are as doc.Path.String writes them.

import "encoding/json"

// Outcomes of a run.
const (
	InSync  = "in-sync" // nothing to do
	Unknown = "unknown" // plan, verify: no difference found, but secrets that are not given were not compared
	Changes = "changes" // plan, verify: differences found
	Applied = "applied" // apply: done and verified
	Undone  = "undone"  // undo: done, but for what is listed as left
	Refused = "refused" // conflicts found, nothing written
	Failed  = "failed"  // an error before anything was written
	Stopped = "stopped" // an error or conflict after something was written
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

// Report is the result of plan, apply, verify or undo. Field order is the order in
// the JSON; slices are never null in it.
type Report struct {
	Format      int                `json:"format"` // 1
	Command     string             `json:"command"`
	Weave       string             `json:"weave"`
	Environment string             `json:"environment"`
	Outcome     string             `json:"outcome"`
	Exit        int                `json:"exit"`
	Collections []CollectionReport `json:"collections"`
	// Hooks are the commands of `before` and `after` that a run with something to
	// write sends, in order.
	Hooks []HookItem `json:"hooks,omitempty"`
	// Control are the records that claim and release-hold change (docs/state.md).
	Control []ControlItem `json:"control,omitempty"`
	// Notes say what the run could not take into account.
	Notes []string `json:"notes,omitempty"`
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
	return &Report{Format: 1, Command: command, Weave: weave, Environment: environment, Collections: []CollectionReport{}, Conflicts: []Conflict{}}
}

// RunItem names the record of a run. Journal is the digest of its journal, to be
// kept where others than those of the state database write: undo can be held to it.
type RunItem struct {
	ID      string `json:"id"`
	Journal string `json:"journal"`
}

// CollectionReport is one collection of the state, in its order.
type CollectionReport struct {
	Database   string `json:"database"` // after redirection
	Collection string `json:"collection"`
	Origin     string `json:"origin"` // empty in undo, as Mode is
	Mode       string `json:"mode"`
	// Missing: the collection is not at the destination yet and is to be created.
	Missing bool        `json:"missing"`
	Counts  Counts      `json:"counts"`
	Indexes []IndexItem `json:"indexes"`
	// Options are those of an existing collection that differ, by name.
	Options []OptionItem `json:"options,omitempty"`
	// Documents lists inserts and updates in identity order, then unknown and absent ones and deletes, each in identity order.
	Documents []DocumentItem `json:"documents"`
	// Reason says why undo leaves a collection that the run created.
	Reason string `json:"reason,omitempty"`
	// Done says what apply or undo wrote; absent in plan and verify.
	Done *Done `json:"done,omitempty"`
}

// Counts are numbers of documents.
type Counts struct {
	Desired   int `json:"desired"`
	InSync    int `json:"inSync"`
	Insert    int `json:"insert"`
	Update    int `json:"update"`
	Delete    int `json:"delete"`
	Unknown   int `json:"unknown"`   // differ in nothing but, perhaps, secrets that are not given
	Absent    int `json:"absent"`    // desired, not at the destination, and not inserted: mode update
	Unmanaged int `json:"unmanaged"` // in scope at the destination, not desired, not deleted
}

// IndexItem is what is to be done about an index: "create" one that is
// missing, "change" one that has other options, "drop" one that is not wanted;
// or nothing, which is no difference: "differs" is one that is there with other
// options, or whose name another one has, and is left to the destination;
// "left" is one that undo leaves.
type IndexItem struct {
	Action string `json:"action"`
	Name   string `json:"name"`
	// Spec is the wanted index; of one that goes, what the destination has.
	Spec json.RawMessage `json:"spec"`
	// Before is what the destination has: change alone.
	Before json.RawMessage `json:"before,omitempty"`
	Reason string          `json:"reason,omitempty"`
	// Build is the size of the existing collection that an index is built on.
	Build *Size `json:"build,omitempty"`
}

// Size is that of a collection.
type Size struct {
	Documents int64 `json:"documents"`
	Bytes     int64 `json:"bytes"` // of BSON
}

// OptionItem is an option of a collection to be changed by collMod; Before or
// After is absent when the option is.
type OptionItem struct {
	Name   string          `json:"name"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	// Reason says why undo leaves it.
	Reason string `json:"reason,omitempty"`
}

// DocumentItem is one planned write, or a desired document that the destination
// lacks and that mode update does not insert ("absent"), or one of which only
// secrets that are not given may differ ("unknown").
type DocumentItem struct {
	Action   string          `json:"action"`        // insert, update, unknown, absent, delete; undo: left, too
	Identity json.RawMessage `json:"identity"`      // object: path text -> value
	ID       json.RawMessage `json:"_id,omitempty"` // not of an absent one
	Origin   string          `json:"origin"`
	// Changes are leaf by leaf (documents entered, and arrays with something in them
	// that nobody may see), sorted by path; of an insert, what is not known; empty for delete.
	Changes []Change `json:"changes"`
	// Reason says why undo leaves a document, or a part of it.
	Reason string `json:"reason,omitempty"`
	// Cause says whose doing an insert or delete is, where the ledger can tell, and
	// Since the run until which it was otherwise; see Change.
	Cause string `json:"cause,omitempty"`
	Since string `json:"since,omitempty"`
}

// Change is one differing path; Before or After is absent when the field is. In
// them, and as them, a secret is the text "(secret)".
type Change struct {
	Path   string          `json:"path"` // elements as in hooks[0].url
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	// Unknown are the names of secrets that are not given: the field was not
	// compared.
	Unknown []string `json:"unknown,omitempty"`
	// Links say which documents the `_id`s in Before and After stand for.
	Links []LinkItem `json:"links,omitempty"`
	// Cause says whose doing the difference is, where the ledger can tell: "rules",
	// what is wanted has changed, or "destination". Since is the run after which the
	// destination changed (docs/state.md, ledger).
	Cause string `json:"cause,omitempty"`
	Since string `json:"since,omitempty"`
	// Leaf is the path of the ledger's leaf that the change is in; no part of the report.
	Leaf string `json:"-"`
}

// LinkItem is an `_id` in a value that stands for a document.
type LinkItem struct {
	At         []string        `json:"at"` // names and positions within the value; empty: the value itself
	ID         json.RawMessage `json:"_id"`
	Database   string          `json:"database"` // after redirection
	Collection string          `json:"collection"`
	Identity   json.RawMessage `json:"identity"`
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
	When     string          `json:"when"`     // before, after
	Database string          `json:"database"` // after redirection
	Command  json.RawMessage `json:"command"`
	Origin   string          `json:"origin"`
	// Done: the destination carried it out; never in plan and verify.
	Done bool `json:"done"`
}

// ControlItem is a record of what runs remember; Before or After is absent when
// the record is.
type ControlItem struct {
	Record string          `json:"record"` // its `_id`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// Conflict is a reason to refuse the run (docs/enforcement.md, Conflicts).
type Conflict struct {
	Code       string          `json:"code"`
	Database   string          `json:"database"`
	Collection string          `json:"collection"`
	Identity   json.RawMessage `json:"identity,omitempty"`
	Paths      []string        `json:"paths,omitempty"`
	Message    string          `json:"message"`
	Fix        string          `json:"fix,omitempty"`
	Origin     string          `json:"origin"`
}

// Failure is an error that ended the run.
type Failure struct {
	Stage   string `json:"stage"` // connect, read, lease, before, options, write, prune, indexes, verify, after, record
	Message string `json:"message"`
}
