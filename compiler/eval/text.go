package eval

// Interpolation and `matches` (docs/language-values.md, Expressions).

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

// text compiles a string with its interpolations.
func (c *compiler) text(x *ast.Text) *node {
	parts := make([]*node, len(x.Parts))
	for i, p := range x.Parts {
		if p.Expr == nil {
			parts[i] = constantNode(p.Span, value.String(p.Literal))
		} else {
			parts[i] = c.expr(p.Expr)
		}
	}
	return c.fold(&node{span: x.Span, eval: func(f *frame) (value.Value, *value.Error) {
		var buf []byte
		var secrets []value.SecretPart // what is before buf
		for _, p := range parts {
			v, err := p.solid(f)
			if err != nil {
				return value.Value{}, err
			}
			if v.IsSecret() {
				secrets = append(append(secrets, value.SecretPart{Text: string(buf)}), value.SecretParts(v.BSON)...)
				buf = buf[:0]
				continue
			}
			var ok bool
			if buf, ok = value.AppendText(buf, v); !ok {
				return value.Value{}, &value.Error{Code: diag.WrongType, Span: p.span, Message: p.shown + " is " + value.WithArticle(v.TypeName()) + ", which has no text form", Evidence: v.Evidence()}
			}
			if len(buf) > value.MaxSize {
				return value.Value{}, value.TooLarge(x.Span)
			}
		}
		f.work.Spend(limit.Handled(len(buf)))
		if secrets != nil {
			return value.CheckSize(value.NewSecret(append(secrets, value.SecretPart{Text: string(buf)})), x.Span)
		}
		return value.String(string(buf)), nil
	}}, parts...)
}

// matches compiles `x matches /…/`: false for whatever is no string.
func (c *compiler) matches(x *ast.Matches) *node {
	in := c.plain(c.expr(x.X))
	re, err := value.CompileRegex(x.Regex.Pattern, x.Regex.Options)
	if err != nil {
		return c.fail(err.At(x.Regex.Span))
	}
	cost := limit.Matching(re)
	return c.fold(&node{span: x.Span, eval: func(f *frame) (value.Value, *value.Error) {
		v, err := in.eval(f)
		if err == nil {
			err = in.noArray(v)
		}
		f.work.Spend(limit.Handled(len(v.BSON.Value)) * cost)
		if err != nil || v.BSON.Type != bson.TypeString {
			return value.False, err
		}
		return value.Bool(re.Match(v.BSON.Value[4 : len(v.BSON.Value)-1])), nil
	}}, in)
}
