package mistake

import (
	"strings"
	"testing"

	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// One of several goroutines fails: it is that one's stack that is reported.
func TestMistakesOfGoroutines(t *testing.T) {
	fail := func() (diags diag.List) {
		doing := "counting"
		defer Recovered(&doing, &diags)
		parallel.Run(3, failing)
		return nil
	}
	diags := fail()
	if len(diags) != 1 || diags[0].Message != `mongocd made a mistake while counting: no\u{1b}[2J` || !strings.Contains(diags[0].Notes[1], "mistake.failing mistake_test.go:") {
		t.Errorf("%+v", diags)
	}
}

func failing(worker int) {
	if worker == 2 {
		panic("no\x1b[2J")
	}
}
