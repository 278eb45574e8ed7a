// Package doctest reads documents in tests. In: Extended JSON; out: BSON. It is not
// below runtime, whose packages are copied into artefacts.
package doctest

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// Parse reads a document; tests write relaxed numbers as int32 and double. What is no
// document ends the test.
func Parse(t testing.TB, text string) bson.Raw {
	t.Helper()
	d, err := doc.ParseExtJSON([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}
