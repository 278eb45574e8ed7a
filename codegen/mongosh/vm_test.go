package mongosh

import (
	"testing"

	"github.com/hayone1/mongocd/codegen/mongosh/jsvm"
)

// vm is the prelude in goja, for tests with many cases.
type vm = jsvm.VM

func newVM(t testing.TB) vm { return jsvm.New(t) }
