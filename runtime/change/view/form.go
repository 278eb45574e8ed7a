package view

// Form is how a report is written for people.
type Form struct {
	Markdown bool // for step summaries and pull requests; else plain text
	Quiet    bool // conflicts, the failure and the result alone
	Verbose  bool // nothing is left out, and nothing is said once for several
	Colors   bool // text is for a terminal
	Brief    bool // what was planned is known: what was done alone
	// MaxSize is the number of bytes that Markdown has at most, what is left out being
	// counted; 0: any.
	MaxSize int
	Filter
}
