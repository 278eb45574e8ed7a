package eval

// The statements that write one path: set, create, remove, rename, add.
//
// In: statements. Out: operations. A write site is such a statement in a
// program; of each, a Run knows whether what it wrote was read.

import (
	"bytes"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/raw"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// writeSite is a statement that writes one path.
type writeSite struct {
	stat  int // its statement
	steps []ast.Step
	layer layer
	// covers are the earlier sites whose path is this one or below it.
	covers []covered
	// amendment is the number of its block; rivals are the sites of other
	// amendments whose path is this one, above or below it.
	amendment int
	rivals    []int
}

// layer is where a write stands: in which `for` blocks, by number, and for which
// environments; nil: all, or nobody knows.
type layer struct {
	blocks       []int
	environments []string
}

// overrides reports whether what stands in the layer is there to override what
// stands in another one: it is in a `for` inside of it, or for some of its environments.
func (l layer) overrides(o layer) bool {
	if len(l.blocks) > len(o.blocks) && slices.Equal(l.blocks[:len(o.blocks)], o.blocks) {
		return true
	}
	return l.environments != nil && len(l.environments) < len(o.environments) &&
		!slices.ContainsFunc(l.environments, func(e string) bool { return !slices.Contains(o.environments, e) })
}

// covered is a write that a later one replaces.
type covered struct {
	site int
	// overridden: the later one is there for that.
	overridden bool
}

// writeState is what became of a site's write in the document at hand.
type writeState uint8

const (
	notWritten writeState = iota
	unread
	wasRead
	overwritten
)

func (s *writeState) read() {
	if *s == unread {
		*s = wasRead
	}
}

// site makes a write site of a statement.
func (p *programmer) site(stat int, steps []ast.Step) int {
	s := &writeSite{stat: stat, steps: steps, layer: p.layer, amendment: p.amendment}
	for i, earlier := range p.writes {
		if earlier.amendment > 0 && earlier.amendment != s.amendment && related(steps, earlier.steps) {
			s.rivals = append(s.rivals, i)
		}
		if len(steps) <= len(earlier.steps) && related(steps, earlier.steps) {
			s.covers = append(s.covers, covered{i, s.amendment != earlier.amendment || s.layer.overrides(earlier.layer)})
		}
	}
	p.writes = append(p.writes, s)
	return len(p.writes) - 1
}

// readsOf gives the write sites so far that a read of the path sees.
func (c *compiler) readsOf(steps []ast.Step) []int {
	var sites []int
	for i, s := range c.writes {
		if related(steps, s.steps) {
			sites = append(sites, i)
		}
	}
	return sites
}

// related reports whether one path may lie at or above the other.
func related(a, b []ast.Step) bool {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		if (x.Kind == ast.FieldStep) != (y.Kind == ast.FieldStep) || x.Name != y.Name ||
			x.Kind == ast.PositionStep && y.Kind == ast.PositionStep && x.Position != y.Position {
			return false
		}
	}
	return true
}

func (p *programmer) assign(s *ast.Assign) operation {
	stat := p.stat(s)
	written := p.expr(s.Value)
	t, ok := p.target(s.Path)
	if !ok {
		return nil
	}
	site := p.site(stat, t.full)
	leaves := p.leaves(s.Value, written)
	settle := p.settled(written, &target{at: s.Path, env: p.env, steps: t.symbolic()}, len(t.full))
	return func(r *Run) *value.Error {
		r.reach(stat)
		v, err := settle(&r.frame)
		if err != nil {
			return err
		}
		if s.Create {
			old, err := t.read(r)
			if err != nil {
				return err
			}
			if old.Type != 0 {
				return &value.Error{Code: diag.FieldExists, Span: s.Path.Span, Message: "`" + showPath(s.Path) + "` exists already", Evidence: value.Of(old).Evidence(),
					Notes: []string{"`set` changes a field, `create` makes a new one"}}
			}
		}
		old, err := t.write(r, v)
		if err != nil {
			return err
		}
		if old.Type != 0 && (old.Type != v.Type || !bytes.Equal(old.Value, v.Value)) {
			r.countTypes(stat, value.TypeChanges(old, v))
		}
		r.countBranches(stat, leaves, v)
		r.wrote(site)
		return nil
	}
}

// leaves are the parts of a value that have branches; none where it is the same for all documents.
func (p *programmer) leaves(x ast.Expr, value *node) []Leaf {
	if value.constant {
		return nil
	}
	return BranchedLeaves(x, func(name string) bool { return p.branched[name] })
}

// settled gives a value the form in which it is written below so many levels;
// a constant is settled once.
func (p *programmer) settled(n *node, to *target, levels int) func(f *frame) (bson.RawValue, *value.Error) {
	settle := func(f *frame) (bson.RawValue, *value.Error) {
		v, err := n.present(f)
		if err != nil {
			return bson.RawValue{}, err
		}
		r, err := v.Settle(to)
		if err == nil && levels+raw.Depth(r, doc.MaxDepth) > doc.MaxDepth {
			err = &value.Error{Code: diag.ResultTooDeep, Message: "the result is nested more than 100 levels deep"}
		}
		return r, err.At(n.span)
	}
	if n.constant {
		r, err := settle(nil)
		if err != nil {
			p.fail(err)
		}
		return func(*frame) (bson.RawValue, *value.Error) { return r, err }
	}
	return settle
}

func (p *programmer) remove(s *ast.Remove) operation {
	stat := p.stat(s)
	places := make([]*place, len(s.Paths))
	sites := make([]int, len(s.Paths))
	for i, path := range s.Paths {
		var ok bool
		if places[i], ok = p.place(path, true); ok {
			sites[i] = p.site(stat, places[i].full)
		}
	}
	return func(r *Run) *value.Error {
		r.reach(stat)
		for i, t := range places {
			ok, err := t.remove(r)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			r.match(stat)
			r.matchPath(stat, i)
			r.wrote(sites[i])
			if r.leave != nil {
				break // the element itself
			}
		}
		return nil
	}
}

func (p *programmer) rename(s *ast.Rename) operation {
	stat := p.stat(s)
	from, ok := p.target(s.From)
	to, also := p.target(s.To)
	if !ok || !also {
		return nil
	}
	reads := p.readsOf(from.full)
	for _, t := range []*place{from, to} {
		if t.steps[len(t.steps)-1].Kind != ast.FieldStep {
			p.fail(&value.Error{Code: diag.BadPath, Span: t.span, Message: "an element of an array has no name that could change"})
			return nil
		}
	}
	n, m := len(from.steps), len(to.steps)
	if from.visit == to.visit && n <= m && slices.EqualFunc(from.steps, to.steps[:n], sameStep) {
		p.fail(&value.Error{Code: diag.BadPath, Span: s.To.Span, Message: "`" + showPath(s.From) + "` cannot be renamed to itself or into itself"})
		return nil
	}
	site := p.site(stat, to.full)
	return func(r *Run) *value.Error {
		r.reach(stat)
		v, err := from.read(r)
		if err != nil || v.Type == 0 {
			return err
		}
		there, err := to.read(r)
		if err != nil {
			return err
		}
		if there.Type != 0 {
			return &value.Error{Code: diag.FieldExists, Span: s.To.Span, Message: "`" + showPath(s.To) + "` exists already", Evidence: value.Of(there).Evidence(),
				Notes: []string{"remove it first, or rename only where it is missing: `where " + showPath(s.To) + " is missing { … }`"}}
		}
		r.match(stat)
		for _, i := range reads {
			r.frame.writes[i].read()
		}
		r.wrote(site)
		if from.sibling(to) {
			return from.retitled(r, to.steps[m-1].Name)
		}
		v.Value = slices.Clone(v.Value) // two edits: the second one writes over its bytes
		if raw.Depth(v, doc.MaxDepth)+len(to.full) > doc.MaxDepth {
			return &value.Error{Code: diag.ResultTooDeep, Span: s.To.Span, Message: "the value is nested too deeply there: documents have at most 100 levels"}
		}
		if _, err := from.remove(r); err != nil {
			return err
		}
		_, err = to.write(r, v)
		return err
	}
}

// add appends to an array unless an equal element is there.
func (p *programmer) add(s *ast.Add) operation {
	stat := p.stat(s)
	written := p.plain(p.expr(s.Value))
	t, ok := p.target(s.Path)
	if !ok {
		return nil
	}
	reads := p.readsOf(t.full)
	site := p.site(stat, t.full)
	leaves := p.leaves(s.Value, written)
	settle := p.settled(written, &target{at: s.Path, env: p.env, steps: append(t.symbolic(), ast.Step{Kind: ast.AllStep})}, len(t.full)+1)
	return func(r *Run) *value.Error {
		r.reach(stat)
		v, err := settle(&r.frame)
		if err != nil {
			return err
		}
		old, err := t.read(r)
		if err != nil {
			return err
		}
		for _, i := range reads {
			r.frame.writes[i].read()
		}
		array := []byte{5, 0, 0, 0, 0}
		n := 0
		switch old.Type {
		case bson.TypeArray:
			if r.program.secrets && value.HoldsSecret(old) {
				return value.SecretUsed("`"+showPath(s.Path)+"`", s.Path.Span)
			}
			for e := range raw.Elements(old.Value) {
				if doc.Same(e.Value(old.Value), v) {
					return nil
				}
				n++
			}
			array = old.Value
		case 0:
		default:
			e := &value.Error{Code: diag.NotAnArray, Span: s.Path.Span, Message: "`" + showPath(s.Path) + "` is " + value.WithArticle(value.Of(old).TypeName()) + ", not an array"}
			if old.Type != bson.TypeNull {
				e.Evidence = value.Of(old).Evidence()
			}
			return e
		}
		longer := make([]byte, 0, len(array)+len(v.Value)+12)
		longer = raw.AppendNumbered(append(longer, array[:len(array)-1]...), n, v)
		if _, err := t.write(r, bson.RawValue{Type: bson.TypeArray, Value: raw.Sized(append(longer, 0), 0)}); err != nil {
			return err
		}
		r.match(stat)
		r.countTypes(stat, value.ElementTypeChanges(old, v))
		r.countBranches(stat, leaves, v)
		r.wrote(site)
		return nil
	}
}
