// What paths are made of.
package ast

// Unparen is an expression without the parentheses around it.
func Unparen(x Expr) Expr {
	for {
		p, ok := x.(*Paren)
		if !ok {
			return x
		}
		x = p.X
	}
}

// PathOf is the path that an expression is, in parentheses or not; nil when it is none.
func PathOf(x Expr) *Path {
	p, _ := Unparen(x).(*Path)
	return p
}

// FromRoot are the steps of a path from the document, its first word among them.
func (p *Path) FromRoot() []Step {
	var steps []Step
	if p.Head != "this" {
		steps = []Step{{At: At{Span: p.HeadSpan}, Kind: FieldStep, Name: p.Head}}
	}
	return append(steps, p.Steps...)
}

// OnlyFields reports whether a path has no positions and no `[]`.
func (p *Path) OnlyFields() bool {
	for _, s := range p.Steps {
		if s.Kind != FieldStep {
			return false
		}
	}
	return true
}

// FieldNames are the names of steps up to the first that is no field.
func FieldNames(steps []Step) []string {
	var out []string
	for _, s := range steps {
		if s.Kind != FieldStep {
			break
		}
		out = append(out, s.Name)
	}
	return out
}
