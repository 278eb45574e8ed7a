package main

import (
	"testing"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"200MiB": 200 << 20, "1GiB": 1 << 30, "5 KB": 5000, "7": 7, "9B": 9, "0": 0, "-1MiB": 0, "MiB": 0, "x": 0, "": 0, "9999999999GiB": 0} {
		got, err := parseSize(text)
		if got != want || (err != nil) != (want == 0) {
			t.Errorf("parseSize(%q): %d %v, want %d", text, got, err, want)
		}
	}
}
