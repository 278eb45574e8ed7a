package eval

// Links in tests: link("roles", "admin") stands for the `_id` that a run puts
// where the finished document has null. It is a value of the type of secrets,
// with parts of its own: it may be expected, and nothing else.

import (
	"encoding/binary"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// Link is a link of a finished document: Path as that of Secret, Key and Shown
// as Env.Link gives them.
type Link struct {
	Path       []string
	Key, Shown string
}

// linkPart begins the value of a link: the kind, the length of the key, the
// key, and what people read. No secret has a part of this kind.
const linkPart = 'l'

func linkValue(key, shown string) Value {
	b := append(make([]byte, 4), linkPart)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(key)))
	b = append(append(b, key...), shown...)
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	return Value{raw: bson.RawValue{Type: secretType, Value: b}}
}

func isLink(v bson.RawValue) bool {
	return v.Type == secretType && len(v.Value) > 4 && v.Value[4] == linkPart
}

// linkParts are the key and the text of a link's value.
func linkParts(v bson.RawValue) (key, shown string) {
	n := 9 + int(binary.LittleEndian.Uint32(v.Value[5:]))
	return string(v.Value[9:n]), string(v.Value[n:])
}

func sameLink(a, b bson.RawValue) bool {
	x, _ := linkParts(a)
	y, _ := linkParts(b)
	return x == y
}

func shownLink(v bson.RawValue) string {
	_, shown := linkParts(v)
	return shown
}

// link is link(…), which only `expect` has.
func link(c *call) (Value, *Error) {
	if c.env.Link == nil {
		return misplacedLink(c)
	}
	identity := make([]bson.RawValue, len(c.args)-1)
	for i, v := range c.args[1:] {
		raw, err := v.Raw()
		if err != nil {
			return Value{}, err
		}
		identity[i] = raw
	}
	key, shown, err := c.env.Link(c.text(0), identity)
	if err != nil {
		return Value{}, err
	}
	return linkValue(key, shown), nil
}

func misplacedLink(c *call) (Value, *Error) {
	return badConstant(c, "`link(…)` says in `expect` of a test which document a field links to", "in rules, `link FIELD to COLLECTION` puts the destination's `_id` in a field")
}

// MisplacedLinks are the calls of link(…) in an expected document that are not
// themselves the value of a field or an element.
func MisplacedLinks(o *ast.Object) []*Error {
	var out []*Error
	var value func(x ast.Expr)
	value = func(x ast.Expr) {
		switch x := x.(type) {
		case *ast.Object:
			for _, f := range x.Fields {
				value(f.Value)
			}
			return
		case *ast.List:
			for _, e := range x.Elems {
				value(e)
			}
			return
		case *ast.Call:
			if x.Func.Text == "link" {
				return
			}
		}
		ast.Walk(x, func(n ast.Node) bool {
			if call, ok := n.(*ast.Call); ok && call.Func.Text == "link" {
				out = append(out, &Error{Code: diag.BadConstant, Span: call.Span, Message: "`link(…)` stands for a value that only a run knows", Notes: []string{"write it as the value of a field or an element of a list, by itself"}})
			}
			return true
		})
	}
	value(o)
	return out
}

// withLinks puts the values of links in their places.
func withLinks(d bson.Raw, links []Link) bson.Raw {
	for _, l := range links {
		d = withValues(d, []Secret{{Path: l.Path}}, func(Secret) bson.RawValue { return linkValue(l.Key, l.Shown).raw })
	}
	return d
}
