package eval

// Statements compiled to operations on one document (docs/language.md, Statements).
//
// In: statements of a block. Out: a Program; program.go runs it.

import (
	"slices"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
)

// operation changes the document of a Run, or notes a check.
type operation func(r *Run) *value.Error

// programmer compiles statements.
type programmer struct {
	compiler
	stmts  []ast.Stmt // of the stats
	checks []check
	layer  layer
	layers int
	// amendment is the number of the block that is compiled, 0 for the first.
	amendment int
	eaches    int
	// inner counts the `where` and `each` blocks around.
	inner      int
	collection []collectionCheck
	// branched are the names that stand for one of several values.
	branched map[string]bool
}

// check is a compiled check statement; message is nil without `else`.
type check struct {
	stmt *ast.Check
	// cond is the value of the path for RefersTo and nil for Unique.
	cond    *node
	message *node
}

// Program compiles statements: the changes (Assign, Remove, Rename, Add, Each,
// Where, For, Let, Lookup) in order, and the Checks between them. Selection,
// policies and documents are the caller's and skipped. Blocks of other
// environments are left out. amendments are further blocks, run after the first
// and one another, each with names of its own; they may override what the first
// writes, and an Error with AmendsCollide says that two write one path of one document.
func (e *Env) Program(stmts []ast.Stmt, amendments ...[]ast.Stmt) (*Program, []*value.Error) {
	p := programmer{compiler: e.compiler(), branched: map[string]bool{}}
	var ops []operation
	for i, block := range append([][]ast.Stmt{stmts}, amendments...) {
		for _, s := range block {
			p.secrets = p.secrets || callsSecret(s)
		}
		p.amendment = i
		ops = append(ops, p.block(block)...)
	}
	if len(p.errs) > 0 {
		return nil, p.errs
	}
	return &Program{env: e, ops: ops, stmts: p.stmts, sites: p.writes, checks: p.checks, collection: p.collection, slots: p.slots, eaches: p.eaches, secrets: p.secrets}, nil
}

func (p *programmer) block(stmts []ast.Stmt) []operation {
	var ops []operation
	mark := len(p.bindings)
	for _, s := range stmts {
		if op := p.statement(s); op != nil {
			ops = append(ops, op)
		}
	}
	p.release(mark)
	return ops
}

// statement compiles one statement; nil for those that are not run.
func (p *programmer) statement(s ast.Stmt) operation {
	outer := p.reread
	p.reread = false
	op := p.operation(s)
	if op != nil && p.env.Trace != nil {
		op = p.traced(s, op)
	}
	if op != nil && p.reread {
		inner := op
		op = func(r *Run) *value.Error {
			if err := r.refresh(); err != nil {
				return err
			}
			return inner(r)
		}
	}
	p.reread = outer
	return op
}

func (p *programmer) operation(s ast.Stmt) operation {
	switch s := s.(type) {
	case *ast.Assign:
		return p.assign(s)
	case *ast.Remove:
		return p.remove(s)
	case *ast.Rename:
		return p.rename(s)
	case *ast.Let:
		return p.let(s)
	case *ast.Where:
		return p.where(s)
	case *ast.For:
		return p.forBlock(s)
	case *ast.Check:
		return p.check(s)
	case *ast.Each:
		return p.each(s)
	case *ast.Add:
		return p.add(s)
	case *ast.Lookup:
		return p.lookup(s)
	}
	return nil
}

// stat numbers a statement that is counted.
func (p *programmer) stat(s ast.Stmt) int {
	p.stmts = append(p.stmts, s)
	return len(p.stmts) - 1
}

func (p *programmer) where(s *ast.Where) operation {
	stat := p.stat(s)
	cond := p.expr(s.Cond)
	p.inner++
	ops := p.block(s.Body.Stmts)
	otherwise := p.otherwise(s.Else)
	p.inner--
	return func(r *Run) *value.Error {
		r.reach(stat)
		ok, err := cond.test(&r.frame)
		if err != nil {
			return err
		}
		if !ok {
			return otherwise(r, true)
		}
		r.match(stat)
		if err := otherwise(r, false); err != nil {
			return err
		}
		return r.all(ops)
	}
}

// otherwise compiles what a `where` does for all other documents: it counts
// every document that comes to the `where`, and runs for those that are here.
func (p *programmer) otherwise(s *ast.Else) func(r *Run, here bool) *value.Error {
	if s == nil {
		return func(*Run, bool) *value.Error { return nil }
	}
	stat := p.stat(s)
	ops := p.block(s.Stmts())
	return func(r *Run, here bool) *value.Error {
		r.reach(stat)
		if !here {
			return nil
		}
		r.match(stat)
		return r.all(ops)
	}
}

func (p *programmer) forBlock(s *ast.For) operation {
	if slices.ContainsFunc(s.Environments.Names, func(n ast.Name) bool { return p.env.Is(n.Text) }) == s.Environments.Except {
		return nil
	}
	p.layers++
	outer := p.layer
	p.layer = layer{blocks: append(slices.Clone(outer.blocks), p.layers)}
	if p.env.Covered != nil {
		p.layer.environments = slices.DeleteFunc(p.env.Covered(s.Environments), func(e string) bool {
			return outer.environments != nil && !slices.Contains(outer.environments, e)
		})
	}
	ops := p.block(s.Body.Stmts)
	p.layer = outer
	return func(r *Run) *value.Error { return r.all(ops) }
}

// let keeps a value; what is constant needs no place in the frame.
func (p *programmer) let(s *ast.Let) operation {
	n := p.expr(s.Value)
	if n.constant {
		v, err := n.eval(nil)
		if err != nil {
			p.fail(err)
		}
		p.bindings = append(p.bindings, binding{name: s.Name.Text, value: &v})
		return nil
	}
	slot := p.bind(s.Name.Text)
	p.branched[s.Name.Text] = branches(s.Value, func(name string) bool { return p.branched[name] })
	return func(r *Run) *value.Error {
		v, err := n.eval(&r.frame)
		if err != nil {
			return err
		}
		r.frame.vars[slot] = v.Clone() // the document's bytes are written over
		return nil
	}
}

func (p *programmer) check(s *ast.Check) operation {
	defer func(outer bool) { p.reread = outer }(p.reread) // checks see the finished document
	p.aggregates = aggregates{allowed: true, base: len(p.bindings)}
	c := check{stmt: s}
	if s.Cond != nil {
		c.cond = p.expr(s.Cond)
	}
	if s.Else != nil {
		c.message = p.expr(s.Else)
	}
	used := p.aggregates
	p.aggregates = aggregates{}
	if len(used.list) > 0 {
		p.collectionCheck(c, used)
		return nil
	}
	p.checks = append(p.checks, c)
	n := len(p.checks) - 1
	return func(r *Run) *value.Error {
		r.reached = append(r.reached, reachedCheck{check: n})
		return nil
	}
}
