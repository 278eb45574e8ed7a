package desired

// Conditions of `prune where`: plain data, evaluated by both engines by the language's rules (no array is traversed in secret,
// missing and null apart, numbers compared across types).

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// CondOp is the operator of a Cond.
type CondOp string

// The operators and the fields of Cond that each one uses.
const (
	CondAnd        CondOp = "and"        // Args, two or more
	CondOr         CondOp = "or"         // Args, two or more
	CondNot        CondOp = "not"        // Args[0]
	CondEq         CondOp = "=="         // Path, Values[0]
	CondNe         CondOp = "!="         // Path, Values[0]
	CondLt         CondOp = "<"          // Path, Values[0]
	CondLe         CondOp = "<="         // Path, Values[0]
	CondGt         CondOp = ">"          // Path, Values[0]
	CondGe         CondOp = ">="         // Path, Values[0]
	CondIn         CondOp = "in"         // Path, Values
	CondNotIn      CondOp = "not in"     // Path, Values
	CondBetween    CondOp = "between"    // Path, Values[0] and Values[1]
	CondIs         CondOp = "is"         // Path, Word
	CondIsNot      CondOp = "is not"     // Path, Word
	CondContains   CondOp = "contains"   // Path is an array with an element equal to Values[0]
	CondStartsWith CondOp = "startsWith" // Path, Values[0] a string
	CondEndsWith   CondOp = "endsWith"   // Path, Values[0] a string
)

// Cond is one condition on a document.
type Cond struct {
	Op     CondOp
	Path   doc.Path
	Values []bson.RawValue
	// Word is missing, present, null or a type name of the language: int, long,
	// double, decimal, number, string, bool, date, timestamp, objectId, uuid,
	// binary, regex, object, array, minKey, maxKey.
	Word string
	Args []*Cond
}

// Paths are the paths that the condition looks at.
func (c *Cond) Paths() []doc.Path {
	var paths []doc.Path
	if len(c.Path) > 0 {
		paths = append(paths, c.Path)
	}
	for _, arg := range c.Args {
		paths = append(paths, arg.Paths()...)
	}
	return paths
}
