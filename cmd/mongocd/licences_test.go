package main

// The licences of all modules that mongocd, its programs and its tests are built
// from: read from the modules themselves, listed in LICENCES.md.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// licences tell one text from another, by a sentence that only it has; in this order.
var licences = []struct{ name, sentence string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MPL-2.0", "Mozilla Public License Version 2.0"},
	{"BSD-3-Clause", "Neither the name of"},
	{"BSD-2-Clause", "Redistributions in binary form must reproduce the above copyright notice"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"},
	{"ISC", "Permission to use, copy, modify, and distribute this software for any purpose with or without fee"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
}

func licenceOf(t *testing.T, dir string) string {
	t.Helper()
	for _, pattern := range []string{"LICENSE*", "LICENCE*", "COPYING*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			words := strings.Join(strings.Fields(string(text)), " ")
			for _, l := range licences {
				if strings.Contains(words, l.sentence) {
					return l.name
				}
			}
		}
	}
	return ""
}

// TestLicences holds LICENCES.md against the modules; a licence that is not one of
// the permissive ones above is a failure.
func TestLicences(t *testing.T) {
	var lines []string
	for _, system := range []string{"linux", "darwin", "windows"} { // each has modules of its own
		command := exec.Command("go", "list", "-deps", "-test", "-json=Module", "./...")
		command.Dir = "../.."
		command.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64")
		out, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
			var p struct {
				Module *struct {
					Path, Version, Dir string
					Main               bool
				}
			}
			if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if p.Module == nil || p.Module.Main {
				continue
			}
			licence := licenceOf(t, p.Module.Dir)
			if licence == "" {
				t.Errorf("%s has no licence that is known here", p.Module.Path)
			}
			lines = append(lines, fmt.Sprintf("| %s | %s | %s |", p.Module.Path, p.Module.Version, licence))
		}
	}
	slices.Sort(lines)
	want := "# Licences\n\nOf all Go modules that mongocd, the programs it generates and its tests are built from. `UPDATE_GOLDEN=1 go test ./cmd/mongocd -run Licences` writes this list.\n" +
		"The page of `mongocd playground` holds packages of npm: [licences.txt](cmd/mongocd/internal/playground/page/licences.txt) has their licences, and goes with it.\n\n" +
		"| module | version | licence |\n|---|---|---|\n" + strings.Join(slices.Compact(lines), "\n") + "\n"
	const name = "../../LICENCES.md"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("LICENCES.md is not\n%s", want)
	}
}
