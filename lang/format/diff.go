package format

import "github.com/aymanbagabas/go-udiff"

// Diff returns the unified diff that turns a into b, "" when they are equal.
// name is shown for both sides.
func Diff(name, a, b string) string {
	return udiff.Unified("a/"+name, "b/"+name, a, b)
}
