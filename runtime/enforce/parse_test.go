package enforce

import (
	"strings"

	"github.com/hayone1/mongocd/internal/doctest"
	"github.com/hayone1/mongocd/runtime/doc"
)

var parse = doctest.Parse

// paths splits "a.b c" into paths.
func paths(text string) []doc.Path {
	var out []doc.Path
	for _, p := range strings.Fields(text) {
		out = append(out, strings.Split(p, "/"))
	}
	return out
}
