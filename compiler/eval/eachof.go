package eval

// `each` over a value that has a name, of a `let`, an input or a lookup: its
// elements and fields are read, and cannot be written.

import (
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

func (p *programmer) eachOf(s *ast.Each) operation {
	stat := p.stat(s)
	in := p.expr(s.Path)
	mark, key := len(p.bindings), -1
	if s.Key != nil {
		key = p.bind(s.Key.Text)
	}
	slot := p.bind(s.Name.Text)
	body := p.body(s)
	p.release(mark)
	return func(r *Run) *value.Error {
		r.reach(stat)
		v, err := in.eval(&r.frame)
		if err != nil {
			return err
		}
		fields, err := visited(s, in, v.Clone()) // what is written may be where it came from
		if err != nil {
			return err
		}
		matched := 0
		for _, f := range fields {
			r.frame.vars[slot] = f.Value
			if key >= 0 {
				r.frame.vars[key] = value.String(f.Name)
			}
			hit, err := body.visit(r, s.Path.Span, slot, nil)
			if err != nil || r.leave != nil {
				return err
			}
			if hit {
				matched++
			}
		}
		if matched > 0 {
			r.match(stat)
		}
		return expectElements(s, matched)
	}
}

// visited are the fields of an object, or with one name the elements of an array.
func visited(s *ast.Each, in *node, v value.Value) (fields []value.Field, err *value.Error) {
	switch {
	case v.Missing():
	case s.Key == nil && v.IsArray():
		for e := range v.Elements {
			fields = append(fields, value.Field{Value: e})
		}
	case s.Key == nil:
		err = notArray(in, v)
	case v.TypeName() == "object":
		fields, _ = v.Members()
	default:
		err = &value.Error{Code: diag.WrongType, Span: s.Path.Span, Message: in.shown + " is " + value.WithArticle(v.TypeName()) + ", not an object with fields to visit", Evidence: v.Evidence()}
	}
	return fields, err
}
