package rules

// What running the rules of a collection gave, kept for the next run of the same
// rules over the same documents. In: a unit; out: its Outcome, if one is known that
// a run would give again.

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Cache keeps outcomes of one workspace. The zero value has none; nil keeps none.
// Several goroutines may use it.
type Cache struct {
	mutex    sync.Mutex
	outcomes map[string]*kept
}

// kept is an outcome as Unit.Run gave it, with all that it came of, and what later
// phases found in it.
type kept struct {
	of      origin
	outcome *Outcome
	number  int // tells it from earlier ones of the unit
	found   map[int]finding

	keys *keySet // Outcome.referable
}

// finding is what a phase found, and what it had read of others.
type finding struct {
	reads []string
	diags diag.List
	moves []desired.Move // Outcome.Moves, which come of the outcome alone
}

// origin is what an outcome comes of, compared by identity: a file that was parsed
// again and a collection that was read again are others.
type origin struct {
	files  []*source.File
	data   []*workspace.Collection
	inputs []string
	groups []string
	member []byte // the document of a fan-out
}

func (o origin) equal(p origin) bool {
	return slices.Equal(o.files, p.files) && slices.Equal(o.data, p.data) && slices.Equal(o.inputs, p.inputs) && slices.Equal(o.groups, p.groups) && bytes.Equal(o.member, p.member)
}

// run is u.Run, or what it gave before.
func (c *Cache) run(ctx context.Context, u *Unit) (*Outcome, error) {
	if c == nil {
		return u.Run(ctx)
	}
	name, of := u.name(), u.origin()
	c.mutex.Lock()
	known, ok := c.outcomes[name]
	c.mutex.Unlock()
	if !ok || !known.of.equal(of) {
		o, err := u.Run(ctx)
		if err != nil {
			return nil, err
		}
		number := 0
		if ok {
			number = known.number + 1
		}
		known = &kept{of: of, outcome: o, number: number, found: map[int]finding{}}
		c.mutex.Lock()
		if c.outcomes == nil {
			c.outcomes = map[string]*kept{}
		}
		c.outcomes[name] = known
		c.mutex.Unlock()
	}
	again := *known.outcome // later phases write links into the documents
	again.Unit, again.cached = u, known
	again.Documents = slices.Clone(again.Documents)
	return &again, nil
}

// findings is what a phase finds in an outcome, or found when all that it reads was
// the same.
func (c *Cache) findings(o *Outcome, phase int, reads []string, find func() diag.List) diag.List {
	if c == nil || o.cached == nil {
		return find()
	}
	c.mutex.Lock()
	known, ok := o.cached.found[phase]
	c.mutex.Unlock()
	if !ok || !slices.Equal(known.reads, reads) {
		diags := find()
		known = finding{reads, diags, o.Moves}
		c.mutex.Lock()
		o.cached.found[phase] = known
		c.mutex.Unlock()
	}
	o.Moves = known.moves
	return slices.Clone(known.diags)
}

// Further is what others find in the finished documents, once for the same ones.
func (c *Cache) Further(o *Outcome, find func() diag.List) diag.List {
	return c.findings(o, further, nil, find)
}

// referable is Outcome.referable, made once.
func (c *Cache) referable(o *Outcome) *keySet {
	if c == nil || o.cached == nil {
		if o.keys == nil {
			o.keys = o.referable()
		}
		return o.keys
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if o.cached.keys == nil {
		o.cached.keys = o.referable()
	}
	return o.cached.keys
}

// reads are the outcomes of other collections that the phases read beside o.
func (d *Done) reads(o *Outcome) []string {
	refers := len(o.Policy.Links) > 0
	for _, list := range o.references {
		refers = refers || len(list) > 0
	}
	if !refers || o.cached == nil {
		return nil
	}
	var out []string
	for _, u := range d.Units {
		if other := d.Of(u); other != nil && other.cached != nil {
			out = append(out, fmt.Sprintf("%s %d", u.name(), other.cached.number))
		}
	}
	return out
}

// Keep forgets the outcomes of collections that are not among the units.
func (c *Cache) Keep(units []*Unit) {
	names := map[string]bool{}
	for _, u := range units {
		names[u.name()] = true
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for name := range c.outcomes {
		if !names[name] {
			delete(c.outcomes, name)
		}
	}
}

// name tells the units of a workspace apart.
func (u *Unit) name() string {
	database, collection := u.Destination()
	return fmt.Sprintf("%q %q %q %q", u.Job.Weave.Dir, u.Job.Environment, database, collection)
}

// origin is what the rules of the unit and its documents come of: the files of its
// statements and of every declaration that they may use.
func (u *Unit) origin() origin {
	m := u.Job.Weave.Module
	o := origin{groups: u.Env.Groups}
	add := func(at source.Span) {
		if at.File != nil && !slices.Contains(o.files, at.File) {
			o.files = append(o.files, at.File)
		}
	}
	stmts := func(list []ast.Stmt) {
		for _, s := range list {
			add(s.Place())
		}
	}
	add(u.Target.Span)
	for _, block := range u.Target.Blocks {
		stmts(block)
	}
	for _, list := range u.Target.Defaults {
		stmts(list)
	}
	for _, l := range m.Lets {
		add(l.Span)
	}
	for _, in := range m.Inputs {
		add(in.Span)
	}
	for _, s := range m.Sources {
		add(s.Span)
	}
	slices.SortFunc(o.files, func(a, b *source.File) int { return strings.Compare(a.Name, b.Name) })
	for _, in := range u.Job.Inputs {
		o.inputs = append(o.inputs, fmt.Sprintf("%q %v", in.Name, in.Value))
	}
	from := u.Target.Source[u.Job.Environment]
	o.data = append(o.data, u.Others.Collection(from, u.Target.Collection))
	for _, block := range u.Target.Blocks {
		for _, l := range workspace.Lookups(m, block, u.Job.Environment) {
			k := workspace.LookedUp(l, from)
			o.data = append(o.data, u.Others.Collection(k.Source, k.Name))
		}
	}
	if u.Target.Member != nil {
		o.member = u.Target.Member.Document
	}
	return o
}
