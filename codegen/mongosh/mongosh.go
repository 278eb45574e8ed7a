// Package mongosh is the target `mongosh`: one desired state becomes one
// self-contained script.
//
// In: *desired.State. Out: mongosh.js with a header for people, the prelude, the
// desired state as quoted text, one call.
package mongosh

import (
	"errors"

	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/runtime/desired"
)

// Generate returns the script of a state. Equal states give equal bytes.
func Generate(state *desired.State) ([]codegen.File, error) {
	return nil, errors.New("the mongosh target is being written")
}
