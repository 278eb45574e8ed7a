package main

import (
	"strings"
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	m := measured{shape: shapes[0], number: 1000, runs: 3, data: 1_234_567, program: 15_000_000, script: 3_000_000,
		commands: map[stage]int64{inSync: 1009},
		took:     map[stage]took{inSync: median([]took{{2 * time.Second, 5}, {time.Second, 40e6}, {3 * time.Second, 30e6}}), importingSame: {10 * time.Second, 29e6}}}
	for s, want := range map[stage]string{
		inSync:        "| program: apply, in sync | 2.00 | 30 | 1,009 |\n",
		importingSame: "program: apply, in sync: 0.20 of mongoimport --mode=upsert, nothing new; the bar is 0.10: missed\n",
		exporting:     "Missing: mongoexport. mongoimport and mongoexport are not both on PATH.\n",
		shApplying:    "Missing: script: apply into empty. Scripts are run with at most 100,000.\n",
	} {
		var b strings.Builder
		if err := table(&b, m); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%s: %v, want %q in\n%s", s, err, want, b.String())
		}
	}
}

func TestArguments(t *testing.T) {
	for _, args := range [][]string{{}, {"--documents", "10"}, {"--documents", "x"}, {"--large", "0"}, {"--runs", "0", "--documents", "1000"}, {"--documents", "1000", "more"}} {
		if err := run(t.Context(), args, &strings.Builder{}, &strings.Builder{}); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
