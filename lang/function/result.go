package function

// The types of results, as far as the types of the arguments tell.

import "slices"

// Types are the types that a call can give when its arguments can have those
// types; nil where nothing is known. "number" stands for a constant that has no
// type yet, in arguments and results alike.
func (f *Function) Types(args [][]string) []string {
	switch {
	case f.of != nil:
		return f.of(f, args)
	case f.Result == "any" || f.Result == "number":
		return nil
	}
	return []string{f.Result}
}

// ofFirst: the result has the type of the first argument, of those that it takes.
func ofFirst(f *Function, args [][]string) []string {
	if len(args) == 0 {
		return nil
	}
	var out []string
	for _, t := range args[0] {
		if f.Params[0].Takes(t) {
			out = append(out, t)
		}
	}
	return out
}

// ofIntegers: a long where one of two integers is; a constant takes the type of the other one.
func ofIntegers(_ *Function, args [][]string) []string {
	if len(args) != 2 || len(args[0]) != 1 || len(args[1]) != 1 {
		return nil
	}
	for _, t := range []string{"long", "int", "number"} {
		if args[0][0] == t || args[1][0] == t {
			return []string{t}
		}
	}
	return nil
}

// ofAny: the result is one of several arguments; of one array, an element.
func ofAny(_ *Function, args [][]string) []string {
	if len(args) < 2 {
		return nil
	}
	return Union(args...)
}

// Union are the types that any of several values can have; nil where one is
// unknown. A constant takes the numeric type of the others where they have one.
func Union(values ...[]string) []string {
	var out, numeric []string
	constant := false
	for _, types := range values {
		if types == nil {
			return nil
		}
		for _, t := range types {
			switch {
			case t == "number":
				constant = true
				continue
			case Numeric(t) && !slices.Contains(numeric, t):
				numeric = append(numeric, t)
			}
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	if constant && len(numeric) != 1 {
		out = append(out, "number")
	}
	return out
}

// Numeric reports whether a type is one of the four of numbers.
func Numeric(t string) bool {
	return t == "int" || t == "long" || t == "double" || t == "decimal"
}

// Takes reports whether a value of the type may be given.
func (p Param) Takes(t string) bool {
	return slices.ContainsFunc(p.Types, func(want string) bool {
		switch want {
		case "any", t:
			return true
		case "number":
			return Numeric(t)
		case "integer":
			return t == "int" || t == "long" || t == "number"
		}
		return false
	})
}
