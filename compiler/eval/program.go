package eval

// Running a Program over documents and counting what its statements did.

import (
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/stats"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// Program is compiled statements. It is immutable; Runs of it may go on at once.
type Program struct {
	env    *Env
	ops    []operation
	stmts  []ast.Stmt
	sites  []*writeSite
	checks []check
	// collection are the checks with aggregates.
	collection []collectionCheck
	slots      int
	eaches     int
	// secrets: secret(…) is called, or a constant in scope holds one.
	secrets bool
}

// Run applies a Program to documents one after another and counts what
// happened. It is for one goroutine.
type Run struct {
	program *Program
	frame   frame
	stats   []stats.Stat
	by      []int // for each site the last statement that overwrote it, -1 for none
	reached []reachedCheck
	// document numbers the documents, so that a statement in an `each` counts one once.
	document int
	counted  []counted
	// visiting has the state of each `each`, open those that are running, outermost first.
	visiting []*visiting
	open     []*visiting
	// leave is set when the element that it visits is removed: its visit ends.
	leave *visiting
	// marked is the finished document with its secrets in place.
	marked  bson.Raw
	secrets []value.Secret
	// collision is set when two amendments wrote one path.
	collision *value.Error
	// The document at hand is in buffers[turn] once something was written.
	buffers [2][]byte
	turn    int
	changed bool
}

// counted says for which document a statement was last counted.
type counted struct {
	reached, matched int
	paths            []int
	types            map[value.TypeChange]int
	branches         map[stats.Branched]int
}

// reachedCheck is a check that a document came past; vars are set inside an `each`.
type reachedCheck struct {
	check int
	vars  []value.Value
}

// NewRun starts a run.
func (p *Program) NewRun() *Run {
	r := &Run{program: p, stats: make([]stats.Stat, len(p.stmts)), by: slices.Repeat([]int{-1}, len(p.sites))}
	r.frame.vars = make([]value.Value, p.slots)
	r.frame.work = limit.NewWork(p.env.Budget)
	r.frame.writes = make([]writeState, len(p.sites))
	r.visiting = make([]*visiting, p.eaches)
	r.counted = make([]counted, len(p.stmts))
	for i, s := range p.stmts {
		r.stats[i].Stmt = s
		if rm, ok := s.(*ast.Remove); ok {
			r.stats[i].Paths = make([]int, len(rm.Paths))
			r.counted[i].paths = make([]int, len(rm.Paths))
		}
	}
	return r
}

// Apply gives the changed document; it is d itself when nothing was written.
// d is never changed. After an error the counts of this document are partial.
func (r *Run) Apply(d bson.Raw) (bson.Raw, *value.Error) {
	clear(r.frame.writes)
	r.frame.work.Begin()
	defer r.frame.work.End()
	r.document++
	r.reached, r.open, r.leave, r.marked, r.secrets = r.reached[:0], r.open[:0], nil, nil, nil
	r.frame.doc, r.changed = d, false
	r.collision = nil
	if err := r.all(r.program.ops); err != nil {
		return nil, err
	}
	if r.collision != nil {
		return nil, r.collision
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
	result := slices.Clone(r.frame.doc)
	if r.program.secrets {
		if plain, secrets := value.WithoutSecrets(result); len(secrets) > 0 {
			r.marked, r.secrets = result, secrets
			return plain, nil
		}
	}
	return result, nil
}

// Secrets gives the places of the last result that hold null for a secret.
func (r *Run) Secrets() []value.Secret { return r.secrets }

func (r *Run) all(ops []operation) *value.Error {
	for _, op := range ops {
		if err := op(r); err != nil || r.leave != nil {
			return err
		}
	}
	return nil
}

func (r *Run) reach(stat int) {
	if c := &r.counted[stat]; c.reached != r.document {
		c.reached = r.document
		r.stats[stat].Reached++
	}
}

func (r *Run) match(stat int) {
	if c := &r.counted[stat]; c.matched != r.document {
		c.matched = r.document
		r.stats[stat].Matched++
	}
}

func (r *Run) matchPath(stat, i int) {
	if c := &r.counted[stat]; c.paths[i] != r.document {
		c.paths[i] = r.document
		r.stats[stat].Paths[i]++
	}
}

func (r *Run) countTypes(stat int, changes []value.TypeChange) {
	c := &r.counted[stat]
	for _, change := range changes {
		if c.types == nil {
			c.types = map[value.TypeChange]int{}
		}
		if c.types[change] != r.document {
			c.types[change] = r.document
			r.stats[stat].AddType(change, 1)
		}
	}
}

// root is the document at hand as a value.
func (r *Run) root() bson.RawValue {
	return bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: r.frame.doc}
}

// spare is the buffer that the document at hand is not in.
func (r *Run) spare() []byte { return r.buffers[1-r.turn][:0] }

// become makes what was written into the spare buffer the document at hand.
func (r *Run) become(buf []byte, span source.Span) *value.Error {
	if len(buf) > value.MaxSize {
		return &value.Error{Code: diag.DocumentTooLarge, Span: span, Message: "the document becomes larger than 16 MiB",
			Evidence: strconv.Itoa(len(buf)) + " bytes", Notes: []string{"MongoDB takes no larger ones: leave a field out, or shorten it"}}
	}
	r.frame.work.Spend(limit.Scanned(len(buf)))
	r.turn = 1 - r.turn
	r.buffers[r.turn] = buf
	r.frame.doc, r.changed = buf, true
	return nil
}

// collide is the error for two amendments that write one path: their order means nothing.
func (p *Program) collide(first, second *writeSite) *value.Error {
	at, other := p.stmts[second.stat].Place(), p.stmts[first.stat].Place()
	return &value.Error{Code: diag.AmendsCollide, Span: at, Message: "two `amend` blocks write `" + showSteps(second.steps) + "`", Evidence: "the other one is at " + other.String(),
		Notes: []string{"their order has no meaning: put both into one block, or let their conditions exclude each other"}}
}

// wrote notes that a site wrote its path in the document at hand. What it is there
// to override counts as used.
func (r *Run) wrote(site int) {
	s := r.program.sites[site]
	for _, i := range s.rivals {
		if r.frame.writes[i] != notWritten && r.collision == nil {
			r.collision = r.program.collide(r.program.sites[i], s)
		}
	}
	for _, c := range s.covers {
		switch {
		case r.frame.writes[c.site] != unread:
		case c.overridden:
			r.frame.writes[c.site] = wasRead
		default:
			r.frame.writes[c.site] = overwritten
			r.by[c.site] = max(r.by[c.site], s.stat)
		}
	}
	if r.frame.writes[site] != wasRead { // in another element
		r.frame.writes[site] = unread
	}
}

// Stats gives the counts of every change statement (nested ones included, `for`
// blocks of other environments not) in order of the text.
func (r *Run) Stats() []stats.Stat {
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
		r.stats[i].Add(&other.stats[i])
	}
	for i, by := range other.by {
		r.by[i] = max(r.by[i], by) // whatever the order of documents
	}
}
