package eval

// Running a Program over documents and counting what its statements did.

import (
	"maps"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Program is compiled statements. It is immutable; Runs of it may go on at once.
type Program struct {
	ops    []operation
	stmts  []ast.Stmt
	sites  []*writeSite
	checks []check
	slots  int
}

// Run applies a Program to documents one after another and counts what
// happened. It is for one goroutine.
type Run struct {
	program *Program
	frame   frame
	stats   []Stat
	by      []int // for each site the last statement that overwrote it, -1 for none
	reached []int // checks
	// The document at hand is in buffers[turn] once something was written.
	buffers [2][]byte
	turn    int
	changed bool
}

// NewRun starts a run.
func (p *Program) NewRun() *Run {
	r := &Run{program: p, stats: make([]Stat, len(p.stmts)), by: slices.Repeat([]int{-1}, len(p.sites))}
	r.frame.vars = make([]Value, p.slots)
	r.frame.writes = make([]writeState, len(p.sites))
	for i, s := range p.stmts {
		r.stats[i].Stmt = s
		if rm, ok := s.(*ast.Remove); ok {
			r.stats[i].Paths = make([]int, len(rm.Paths))
		}
	}
	return r
}

// Apply gives the changed document; it is d itself when nothing was written.
// d is never changed. After an error the counts of this document are partial.
func (r *Run) Apply(d bson.Raw) (bson.Raw, *Error) {
	clear(r.frame.writes)
	r.reached = r.reached[:0]
	r.frame.doc, r.changed = d, false
	if err := r.all(r.program.ops); err != nil {
		return nil, err
	}
	for i, state := range r.frame.writes {
		site := r.program.sites[i]
		if _, ok := r.stats[site.stat].Stmt.(*ast.Assign); !ok || state == notWritten {
			continue
		}
		r.stats[site.stat].Matched++
		if state == overwritten {
			r.stats[site.stat].Overwritten++
		}
	}
	if !r.changed {
		return d, nil
	}
	return slices.Clone(r.frame.doc), nil
}

func (r *Run) all(ops []operation) *Error {
	for _, op := range ops {
		if err := op(r); err != nil {
			return err
		}
	}
	return nil
}

// root is the document at hand as a value.
func (r *Run) root() bson.RawValue {
	return bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: r.frame.doc}
}

// spare is the buffer that the document at hand is not in.
func (r *Run) spare() []byte { return r.buffers[1-r.turn][:0] }

// become makes what was written into the spare buffer the document at hand.
func (r *Run) become(buf []byte, span source.Span) *Error {
	if len(buf) > maxSize {
		return &Error{Code: diag.DocumentTooLarge, Span: span, Message: "the document becomes larger than 16 MiB",
			Evidence: strconv.Itoa(len(buf)) + " bytes", Notes: []string{"MongoDB takes no larger ones: leave a field out, or shorten it"}}
	}
	r.turn = 1 - r.turn
	r.buffers[r.turn] = buf
	r.frame.doc, r.changed = buf, true
	return nil
}

// wrote notes that a site wrote its path in the document at hand. A `for` block
// is there to override: what was written outside of it counts as used.
func (r *Run) wrote(site int) {
	s := r.program.sites[site]
	for _, i := range s.covers {
		if r.frame.writes[i] != unread {
			continue
		}
		earlier := r.program.sites[i]
		if len(s.layer) > len(earlier.layer) && slices.Equal(s.layer[:len(earlier.layer)], earlier.layer) {
			r.frame.writes[i] = wasRead
			continue
		}
		r.frame.writes[i] = overwritten
		r.by[i] = max(r.by[i], s.stat)
	}
	r.frame.writes[site] = unread
}

// Check evaluates the checks that the last Apply came past (those inside a
// `where` only if it held), with the lets as they were there, on result: the
// document that Apply returned. Checks with Unique or RefersTo are the caller's (Reached).
func (r *Run) Check(result bson.Raw) ([]CheckFailure, *Error) {
	var failures []CheckFailure
	f := frame{doc: result, vars: r.frame.vars}
	for _, i := range r.reached {
		c := r.program.checks[i]
		if c.cond == nil {
			continue
		}
		ok, err := c.cond.test(&f)
		if err != nil {
			return nil, err
		}
		if ok {
			continue
		}
		failure := CheckFailure{Check: c.stmt}
		if c.message != nil {
			v, err := c.message.solid(&f)
			if err != nil {
				return nil, err
			}
			text, ok := appendText(nil, v)
			if !ok {
				text = []byte(v.show())
			}
			failure.Message = string(text)
		}
		failures = append(failures, failure)
	}
	return failures, nil
}

// Reached gives all checks that the last Apply came past, in order.
func (r *Run) Reached() []*ast.Check {
	checks := make([]*ast.Check, len(r.reached))
	for i, n := range r.reached {
		checks[i] = r.program.checks[n].stmt
	}
	return checks
}

// Stats gives the counts of every change statement (nested ones included, `for`
// blocks of other environments not) in order of the text.
func (r *Run) Stats() []Stat {
	for i, by := range r.by {
		if by >= 0 {
			r.stats[r.program.sites[i].stat].By = r.program.stmts[by]
		}
	}
	return r.stats
}

// Add adds the counts of another run of the same program.
func (r *Run) Add(other *Run) {
	for i := range r.stats {
		s, o := &r.stats[i], &other.stats[i]
		s.Reached += o.Reached
		s.Matched += o.Matched
		s.Overwritten += o.Overwritten
		for j := range s.Paths {
			s.Paths[j] += o.Paths[j]
		}
		for _, change := range slices.Collect(maps.Keys(o.TypeChanges)) {
			s.addType(change, o.TypeChanges[change])
		}
	}
	for i, by := range other.by {
		r.by[i] = max(r.by[i], by) // whatever the order of documents
	}
}

func (s *Stat) countType(c TypeChange) { s.addType(c, 1) }

func (s *Stat) addType(c TypeChange, n int) {
	if s.TypeChanges == nil {
		s.TypeChanges = map[TypeChange]int{}
	}
	s.TypeChanges[c] += n
}
