package change

// What `runs` lists: the runs of a weave and environment, newest first.

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
	ID        string   `json:"id"` // WEAVE/ENVIRONMENT/N
	N         int64    `json:"n"`
	Outcome   string   `json:"outcome"` // running, applied, stopped, broken-off
	Artefact  string   `json:"artefact"`
	Compiler  string   `json:"compiler"`
	Engine    string   `json:"engine"` // go, mongosh
	Databases []string `json:"databases"`
	Labels    []Label  `json:"labels"`
	// Group is what the runs of one apply over the databases of a fan-out have in common.
	Group   string    `json:"group,omitempty"`
	Started string    `json:"started"`
	Ended   string    `json:"ended,omitempty"`
	Counts  RunCounts `json:"counts"`
	Undone  string    `json:"undone,omitempty"`
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

// Label is a name and a value in the record of a run.
type Label struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
