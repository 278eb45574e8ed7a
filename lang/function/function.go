// Package function is the one table of the language's functions: names,
// parameters, results, errors, one line of description.
//
// In: nothing. Out: All, Find. lang/check takes from it which calls there are,
// the compiler which types they give, the reference what it says; what they do
// is in compiler/eval, by name. result.go has the types of results.
package function

import (
	"slices"
	"strings"
)

// Function describes a function.
type Function struct {
	Name   string
	Params []Param
	// Variadic: the last parameter may be given any number of times more.
	Variadic bool
	// Result is a type name, "number" (one of the four, as the arguments or
	// elements are) or "any" (that of an argument or element).
	Result string
	// Structural functions move values without looking at them: they take secrets inside.
	Structural bool
	// Summary is one line for the reference.
	Summary string
	// Errors are the errors that a call may give besides those that all functions
	// give: an argument that is missing, null or of another type, a result larger
	// than a document may be. Empty: no others.
	Errors string
	// of gives the types of the result by those of the arguments; nil: Result alone says it.
	of func(f *Function, args [][]string) []string
}

// Param is one parameter.
type Param struct {
	Name string
	// Types are the type names that it takes; "number" is all four numeric
	// types, "integer" int and long, "any" everything.
	Types []string
	// Optional: it may be left out, with all after it.
	Optional bool
	// Constant: the argument may not depend on a document.
	Constant bool
}

// String is the form as people write it: "padStart(text, length, [fill])".
func (f *Function) String() string {
	var b strings.Builder
	b.WriteString(f.Name + "(")
	for i, p := range f.Params {
		if i > 0 {
			b.WriteString(", ")
		}
		if p.Optional {
			b.WriteString("[" + p.Name + "]")
		} else {
			b.WriteString(p.Name)
		}
	}
	if f.Variadic {
		b.WriteString(", …")
	}
	return b.String() + ")"
}

// Arity are the least and the greatest number of arguments; most is -1 for any number.
func (f *Function) Arity() (least, most int) {
	for _, p := range f.Params {
		if !p.Optional {
			least++
		}
	}
	if f.Variadic {
		return least, -1
	}
	return least, len(f.Params)
}

// Param is the parameter of an argument.
func (f *Function) Param(i int) Param { return f.Params[min(i, len(f.Params)-1)] }

// Find finds a function; nil when there is none of that name.
func Find(name string) *Function {
	return byName[name]
}

// All are the functions in the order of the reference. An argument that is
// missing or null is always an error, but for total(…), which leaves it out.
func All() []*Function { return slices.Clone(table) }

// Names are the names of all functions in order.
func Names() []string {
	names := make([]string, 0, len(table))
	for _, f := range table {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}

var byName = func() map[string]*Function {
	m := make(map[string]*Function, len(table))
	for _, f := range table {
		m[f.Name] = f
	}
	return m
}()

// row reads a row of the table. Parameters are written "text string, length
// integer, [fill string]"; `|` joins types, `!` after a type means constant.
func row(name, params, result, summary, errors string) *Function {
	list, variadic := strings.CutSuffix(params, ", …")
	f := &Function{Name: name, Variadic: variadic, Result: result, Summary: summary, Errors: errors}
	for part := range strings.SplitSeq(list, ", ") {
		if part == "" {
			continue
		}
		inner := strings.Trim(part, "[]")
		name, types, _ := strings.Cut(inner, " ")
		types, constant := strings.CutSuffix(types, "!")
		f.Params = append(f.Params, Param{Name: name, Optional: inner != part, Constant: constant, Types: strings.Split(types, "|")})
	}
	return f
}

// moving marks a function as structural.
func (f *Function) moving() *Function {
	f.Structural = true
	return f
}

// giving says how the types of the result follow from those of the arguments.
func (f *Function) giving(of func(f *Function, args [][]string) []string) *Function {
	f.of = of
	return f
}
