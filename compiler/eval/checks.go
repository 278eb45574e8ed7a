package eval

// The checks that a document came past, over the finished document.

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/raw"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
)

// checkFrame is what a reached check sees: the finished document with its
// secrets marked, and the names as they were where the check stands.
func (r *Run) checkFrame(result bson.Raw, c reachedCheck) *frame {
	f := &frame{doc: result, vars: r.frame.vars, work: r.frame.work}
	if c.vars != nil {
		f.vars = c.vars
	}
	if r.marked != nil {
		f.doc = r.marked
	}
	return f
}

// Check evaluates the checks that the last Apply came past (those inside a
// `where` only if it held, those inside an `each` for every matching element,
// as the `each` left it), with the lets and lookups as they were there, on
// result: the document that Apply returned. Checks with Unique are the
// caller's (Reached), those with RefersTo as well (References), those with
// aggregates are CheckCollection's.
func (r *Run) Check(result bson.Raw) ([]CheckFailure, *value.Error) {
	defer r.frame.work.End()
	var failures []CheckFailure
	for _, reached := range r.reached {
		c := r.program.checks[reached.check]
		if c.cond == nil || c.stmt.RefersTo != nil {
			continue
		}
		failure, err := c.fails(r.checkFrame(result, reached))
		if err != nil {
			return nil, err
		}
		if failure != nil {
			failures = append(failures, *failure)
		}
	}
	return failures, nil
}

// fails evaluates one check; nil when it holds.
func (c *check) fails(f *frame) (*CheckFailure, *value.Error) {
	ok, err := c.cond.test(f)
	if err != nil || ok {
		return nil, err
	}
	failure := &CheckFailure{Check: c.stmt}
	if c.message != nil {
		if failure.Message, err = c.says(f); err != nil {
			return nil, err
		}
	}
	return failure, nil
}

// says evaluates the text of `else`.
func (c *check) says(f *frame) (string, *value.Error) {
	v, err := c.message.solid(f)
	if err != nil {
		return "", err
	}
	if v.IsSecret() {
		return "", value.SecretUsed(c.message.shown, c.message.span)
	}
	if text, ok := value.AppendText(nil, v); ok {
		return string(text), nil
	}
	return v.Evidence(), nil
}

// Reached gives the checks that the last Apply came past, in order; those inside
// an `each` as often as they were reached.
func (r *Run) Reached() []*ast.Check {
	checks := make([]*ast.Check, len(r.reached))
	for i, reached := range r.reached {
		checks[i] = r.program.checks[reached.check].stmt
	}
	return checks
}

// References gives what the checks with RefersTo that the last Apply came past
// must find, on the document that it returned. The values share its memory.
func (r *Run) References(result bson.Raw) ([]Reference, *value.Error) {
	defer r.frame.work.End()
	var out []Reference
	for _, reached := range r.reached {
		c := r.program.checks[reached.check]
		if c.stmt.RefersTo == nil {
			continue
		}
		f := r.checkFrame(result, reached)
		v, err := c.cond.eval(f)
		if err != nil {
			return nil, err
		}
		settled, err := v.Raw()
		if err != nil {
			return nil, err.At(c.cond.span)
		}
		ref := Reference{Check: c.stmt}
		switch path, _ := c.stmt.Cond.(*ast.Path); {
		case v.Missing() || v.IsNull():
		case path != nil && hasAll(path):
			for e := range raw.Elements(settled.Value) {
				if e.Type(settled.Value) != bson.TypeNull {
					ref.Values = append(ref.Values, e.Value(settled.Value))
				}
			}
		default:
			ref.Values = []bson.RawValue{settled}
		}
		if c.message != nil && len(ref.Values) > 0 {
			f.vars = slices.Clone(f.vars) // the next document has other ones
			ref.Message = func() (string, *value.Error) { return c.says(f) }
		}
		out = append(out, ref)
	}
	return out, nil
}

func hasAll(p *ast.Path) bool {
	for _, s := range p.Steps {
		if s.Kind == ast.AllStep {
			return true
		}
	}
	return false
}
