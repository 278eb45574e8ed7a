package format

import "github.com/rogpeppe/go-internal/diff"

// Diff returns the unified diff that turns a into b, "" when they are equal.
// name is the file's name, shown on both sides.
func Diff(name, a, b string) string {
	return string(diff.Diff("a/"+name, []byte(a), "b/"+name, []byte(b)))
}
