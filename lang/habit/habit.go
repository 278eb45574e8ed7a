// Package habit is the table of what people write who come from elsewhere:
// JavaScript, Python, SQL, MongoDB's queries, jq, YAML and other languages.
//
// In: a word, an operator, a function or a method of another language. Out: what
// is written here instead. lang/parser, lang/check and compiler ask it where
// something cannot be taken; testdata/habits.txt has a line for each.
package habit

import (
	"fmt"
	"strings"
)

// Operator returns the operator that is written here, "" when no single one is,
// and what to say beside it; both are "" for an operator that nobody is known to write.
func Operator(text string) (here, label string) {
	o := operators[text]
	return o.here, o.label
}

// Infix returns what is written for a word between two values, in backquotes; "": none.
func Infix(word string) string { return infix[strings.ToLower(word)] }

// Verb returns what to say of a word that a statement begins with in another
// language; "": nothing.
func Verb(word string) string {
	if here := verbs[strings.ToLower(word)]; here != "" && !strings.Contains(here, " ") {
		return fmt.Sprintf("did you mean `%s`?", here)
	} else if here != "" {
		return here
	}
	return ""
}

// Clause returns where a word stands that begins no statement; "": nowhere.
func Clause(word string) string { return clauses[word] }

// Function returns what to write instead of a function of another language, as a
// sentence; "": nothing. Namespaces stand before a dot: Math.round.
func Function(name string) string {
	here := functions[strings.ToLower(name)]
	if here != "" && !strings.Contains(here, " ") {
		return fmt.Sprintf("it is called `%s`", here)
	}
	return here
}

// Renamed returns the function here that has another name elsewhere and takes
// the same arguments; "": none.
func Renamed(name string) string {
	if here := functions[strings.ToLower(name)]; !strings.Contains(here, " ") {
		return here
	}
	return ""
}

// Method returns what to write instead of a method call, x.name(args), with the
// source texts of its parts; "": nothing is known.
func Method(x, name, args string) string {
	form, ok := methods[strings.ToLower(name)]
	if !ok {
		return ""
	}
	call := x
	if args != "" {
		call += ", " + args
	}
	return strings.NewReplacer("CALL", call, "X", x, "ARGS", args).Replace(form)
}

// Property returns the function that has the value of x.name; "": none.
func Property(name string) string { return properties[name] }

// Type returns the word for a type after `is`; "": nothing.
func Type(word string) string { return types[strings.ToLower(word)] }

// Value returns the constant that a bare word of another language means; "": none.
func Value(word string) string { return values[word] }

// Root reports whether a word stands for the document in other languages.
func Root(word string) bool { return roots[word] }
