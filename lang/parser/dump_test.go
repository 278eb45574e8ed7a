package parser

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/token"
)

// dump writes a tree as an S-expression: expressions by hand, because they
// should read well; all else as (Type part …), without what is not given.
func dump(v any) string {
	switch n := v.(type) {
	case nil:
		return ""
	case *ast.Path:
		return n.Head + dumpSteps(n.Steps)
	case *ast.Select:
		return dump(n.X) + dumpSteps(n.Steps)
	case *ast.Number:
		return n.Text
	case *ast.Bool:
		return fmt.Sprint(n.Value)
	case *ast.Null:
		return "null"
	case *ast.Regex:
		return fmt.Sprintf("/%s/%s", n.Pattern, n.Options)
	case *ast.Text:
		var parts []string
		for _, p := range n.Parts {
			if p.Expr != nil {
				parts = append(parts, "${"+dump(p.Expr)+"}")
			} else {
				parts = append(parts, fmt.Sprintf("%q", p.Literal))
			}
		}
		if len(parts) == 1 {
			return parts[0]
		}
		return "(text" + strings.Join(append([]string{""}, parts...), " ") + ")"
	case *ast.Paren:
		return "(" + dump(n.X) + ")"
	case *ast.Unary:
		return fmt.Sprintf("(%s %s)", n.Op, dump(n.X))
	case *ast.Binary:
		return fmt.Sprintf("(%s %s %s)", n.Op, dump(n.X), dump(n.Y))
	case *ast.Call:
		return "(call " + n.Func.Text + all(n.Args) + ")"
	case *ast.List:
		return "[" + strings.TrimSpace(all(n.Elems)) + "]"
	case *ast.Object:
		var fields []string
		for _, f := range n.Fields {
			create := ""
			if f.Create {
				create = "create "
			}
			fields = append(fields, fmt.Sprintf("%s%q:%s", create, f.Name.Text, dump(f.Value)))
		}
		return "{" + strings.Join(fields, " ") + "}"
	case *ast.PerEnv:
		var entries []string
		for _, e := range n.Entries {
			name := e.Env.Text
			if e.Else {
				name = "else"
			}
			entries = append(entries, name+":"+dump(e.Value))
		}
		return "(per " + strings.Join(entries, " ") + ")"
	case ast.Name:
		return n.Text
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Pointer, reflect.Interface:
		if r.IsNil() {
			return ""
		}
		if r.Kind() == reflect.Pointer && r.Elem().Kind() == reflect.Struct {
			return dumpStruct(r.Elem())
		}
		return dump(r.Elem().Interface())
	case reflect.Struct:
		return dumpStruct(r)
	case reflect.Slice:
		var parts []string
		for i := range r.Len() {
			parts = append(parts, dump(r.Index(i).Interface()))
		}
		return strings.Join(parts, " ")
	case reflect.Bool:
		return ""
	}
	if r.IsZero() {
		return ""
	}
	return fmt.Sprint(v)
}

func dumpStruct(r reflect.Value) string {
	if n, ok := r.Interface().(ast.Name); ok {
		return n.Text
	}
	parts := []string{r.Type().Name()}
	for i := range r.NumField() {
		field, value := r.Type().Field(i), r.Field(i)
		if field.Type == reflect.TypeFor[ast.At]() || value.IsZero() {
			continue
		}
		switch s := dump(value.Interface()); {
		case value.Kind() == reflect.Bool:
			parts = append(parts, field.Name)
		case value.Kind() == reflect.Slice:
			parts = append(parts, "["+s+"]")
		default:
			parts = append(parts, s)
		}
	}
	return "(" + strings.Join(parts, " ") + ")"
}

func all[T any](vs []T) string {
	var b strings.Builder
	for _, v := range vs {
		b.WriteString(" " + dump(v))
	}
	return b.String()
}

func dumpSteps(steps []ast.Step) string {
	var b strings.Builder
	for _, s := range steps {
		switch s.Kind {
		case ast.AllStep:
			b.WriteString("[]")
		case ast.PositionStep:
			fmt.Fprintf(&b, "[%d]", s.Position)
		default:
			if s.Name != "" && token.NameLength(s.Name) == len(s.Name) && token.IsNameStart(s.Name) {
				b.WriteString("." + s.Name)
			} else {
				fmt.Fprintf(&b, ".%q", s.Name)
			}
		}
	}
	return b.String()
}
