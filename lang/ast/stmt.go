// Statements: what stands in the blocks of `from`, `sync`, `where`, `each`, `for` and `amend`.
package ast

// Stmt is a statement in a block.
type Stmt interface {
	Node
	stmt()
}

// Block is `{ statements }`; its Span includes the braces.
type Block struct {
	At
	Stmts   []Stmt
	Accepts []*Accept
}

// Accept is `accept CODE "REASON"`: a warning is as it should be. It does
// nothing, so it stands beside the statements and not among them.
type Accept struct {
	At
	Code   Name
	Reason Name
	// About is the statement or declaration before it; nil: it comes first in a
	// block, and is about what the block belongs to.
	About Node
}

// Sync is `sync collections [except …] [as NAME] [by paths] [expect …] [{ … }]`.
type Sync struct {
	At
	All         bool          // `sync all`
	Collections []CollPattern // empty with All
	Except      []CollPattern
	As          *Name
	By          []*Path // nil: `_id`
	Expect      *Expect
	Body        *Block // nil when there is none
}

// CollPattern names collections at the source: exactly one field is set.
type CollPattern struct {
	At
	Name  *Name
	Regex *Regex
}

// Expect is `expect any`, `expect N`, `expect N to M` or `expect N or more`.
type Expect struct {
	At
	Any bool
	Min int64
	Max int64 // -1: no upper bound
}

// AllowsNone reports whether it is fine that nothing is matched: with `any`, and
// where the least number is 0. Without an expectation it is not.
func (e *Expect) AllowsNone() bool { return e != nil && (e.Any || e.Min == 0) }

// Filter is `only where E` or, with Except, `except where E`.
type Filter struct {
	At
	Except bool
	Cond   Expr
	Expect *Expect
}

// Lookup is `lookup NAME in COLLECTION [from SOURCE] where E`.
type Lookup struct {
	At
	Name       Name
	Collection Name
	Source     *Name
	Cond       Expr
	Expect     *Expect
}

// Let is `let NAME = E`, a declaration at the top level and a statement in blocks.
type Let struct {
	At
	Name  Name
	Value Expr
}

// Assign is `set P = E` or, with Create, `create P = E`.
type Assign struct {
	At
	Create bool
	Path   *Path
	Value  Expr
}

// Remove is `remove P, …`.
type Remove struct {
	At
	Paths  []*Path
	Expect *Expect
}

// Rename is `rename P to Q`.
type Rename struct {
	At
	From, To *Path
}

// Add is `add E to P`.
type Add struct {
	At
	Value Expr
	Path  *Path
}

// Each is `each NAME in P [where E] [expect …] { … }`; with a Key the NAMEs of
// fields and their values, `each KEY, NAME in P`; Deep: `each NAME at any depth of P`.
type Each struct {
	At
	Key    *Name // nil when not given
	Name   Name
	Deep   bool
	Path   *Path
	Cond   Expr // nil when not given
	Expect *Expect
	Body   *Block
}

// Where is `where E [expect …] { … } [else …]`.
type Where struct {
	At
	Cond   Expr
	Expect *Expect
	Body   *Block
	Else   *Else // nil when not given
}

// Else is `else [expect …] { … }` or, with Where, `else where …`: exactly one of
// Where and Body is set. It is no statement of its own, and counted like one.
type Else struct {
	At
	Where  *Where
	Expect *Expect
	Body   *Block
}

// Stmts are what is done for documents that come to it; none for nil.
func (e *Else) Stmts() []Stmt {
	switch {
	case e == nil:
		return nil
	case e.Where != nil:
		return []Stmt{e.Where}
	}
	return e.Body.Stmts
}

// AllowsNone reports whether it is fine that no document comes to it.
func (e *Else) AllowsNone() bool {
	if e.Where != nil {
		return e.Where.Expect.AllowsNone()
	}
	return e.Expect.AllowsNone()
}

// For is `for e, … { … }` or `for all except e, … { … }`.
type For struct {
	At
	Environments Environments
	Body         *Block
}

// Document is `document { … }`.
type Document struct {
	At
	Object *Object
}

// Check is `check` or, with Warn, `warn`. Exactly one of Cond and Unique is
// set; RefersTo goes with a Cond that is a *Path.
type Check struct {
	At
	Warn     bool
	Cond     Expr
	Unique   []*Path
	RefersTo *Reference
	Else     Expr // nil when not given
}

// Reference is `refers to COLLECTION.PATH [from SOURCE]`.
type Reference struct {
	At
	Collection Name
	Path       *Path
	Source     *Name
}

// Mode is `mode NAME`: replace, exact, merge, update, insert or structure.
type Mode struct {
	At
	Name Name
}

// PathPolicyKind says which statement a PathPolicy is.
type PathPolicyKind string

// The statements that are a word and a list of paths.
const (
	Preserve  PathPolicyKind = "preserve"
	Ignore    PathPolicyKind = "ignore"
	Absent    PathPolicyKind = "absent"
	Redact    PathPolicyKind = "redact"
	Omit      PathPolicyKind = "omit"
	NotSecret PathPolicyKind = "not secret"
)

// The statements about a list that is owned in part.
const (
	Elements PathPolicyKind = "elements"
	Ensure   PathPolicyKind = "ensure"
)

// OfSource reports whether the statement is about what is extracted, and takes
// patterns: redact, omit and not secret.
func (k PathPolicyKind) OfSource() bool { return k == Redact || k == Omit || k == NotSecret }

// PathPolicy is `preserve P, …` and its kin.
type PathPolicy struct {
	At
	Kind  PathPolicyKind
	Paths []PathPattern
}

// PathPattern is a path, or `*.NAME` (where Kind.OfSource): exactly one field is set.
type PathPattern struct {
	At
	Path *Path
	Leaf *Name
}

// OwnedPart is `elements P [by F, …] [without E, …]`, or `ensure P has [no] E, …`.
type OwnedPart struct {
	At
	Kind   PathPolicyKind // Elements or Ensure
	Path   *Path
	By     []*Path
	No     bool
	Values []Expr
}

// Link is `link P to COLLECTION`.
type Link struct {
	At
	Path       *Path
	Collection Name
}

// Prune is `prune all at most BOUNDS` or `prune where E at most BOUNDS`.
type Prune struct {
	At
	Cond   Expr // nil: all
	Bounds Bounds
}

// Bounds is one bound or, with PerEnv, `per environment { e: BOUND, else: BOUND }`.
type Bounds struct {
	At
	PerEnv  bool
	Entries []Bound
}

// Bound is `any`, `N` or `N%`; with Bounds.PerEnv, Env is the environment or group
// that it is of, or Else is set.
type Bound struct {
	At
	Env     Name
	Else    bool
	Any     bool
	AtMost  int64
	Percent bool
}

// Moved is `moved E to E`: a document of the destination gets another identity. With
// several paths of identity both are lists, of a value for each.
type Moved struct {
	At
	From, To Expr
}

// Backup is `backup keep N`.
type Backup struct {
	At
	Keep int64
}

// Drift is `drift repair`, `drift keep` or `drift stop`: what becomes of what the
// destination changed by itself.
type Drift struct {
	At
	Name Name
}

// Indexes is `indexes from source`, `indexes exact` or `indexes none`.
type Indexes struct {
	At
	Policy string // "from source", "exact", "none"
}

// Index is `index on P [asc|desc|text|hashed|'…'], … [{ options }]`.
type Index struct {
	At
	Keys    []IndexKey
	Options *Object
}

// IndexKey is one key of an index; Kind is "" (asc) when not written.
type IndexKey struct {
	At
	Path *Path
	Kind string
}

// DropIndex is `drop index NAME`.
type DropIndex struct {
	At
	Name Name
}

// Options is `options from source` or `options { … }` (Object set).
type Options struct {
	At
	Object *Object
}

// Hook is `before { run … }` or, with After, `after { run … }`.
type Hook struct {
	At
	After bool
	Runs  []Run
}

// Run is `run { command } [on DATABASE]`.
type Run struct {
	At
	Command  *Object
	Database *Name
}

// BadStmt stands where a statement could not be parsed; its error is already reported.
type BadStmt struct{ At }

func (*Sync) stmt()       {}
func (*Filter) stmt()     {}
func (*Lookup) stmt()     {}
func (*Let) stmt()        {}
func (*Assign) stmt()     {}
func (*Remove) stmt()     {}
func (*Rename) stmt()     {}
func (*Add) stmt()        {}
func (*Each) stmt()       {}
func (*Where) stmt()      {}
func (*Else) stmt()       {}
func (*For) stmt()        {}
func (*Document) stmt()   {}
func (*Check) stmt()      {}
func (*Mode) stmt()       {}
func (*PathPolicy) stmt() {}
func (*OwnedPart) stmt()  {}
func (*Link) stmt()       {}
func (*Prune) stmt()      {}
func (*Moved) stmt()      {}
func (*Backup) stmt()     {}
func (*Drift) stmt()      {}
func (*Indexes) stmt()    {}
func (*Index) stmt()      {}
func (*DropIndex) stmt()  {}
func (*Options) stmt()    {}
func (*Hook) stmt()       {}
func (*BadStmt) stmt()    {}
