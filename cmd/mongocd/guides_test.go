package main

// Holds that the guides can be followed. In: docs/guides, README.md, the data of docs/testdata/language. Every
// ```weave block compiles, and every command line of mongocd, of an artefact and of a script names commands, flags and
// settings that there are. Their YAML is checked by `make guides`.

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
)

func guides(t *testing.T) []*markdown {
	t.Helper()
	files, err := filepath.Glob("../../docs/guides/*.md")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d guides: %v", len(files), err)
	}
	var out []*markdown
	for _, file := range append(files, "../../README.md", "../../docs/tutorial.md") {
		out = append(out, readMarkdown(t, file))
	}
	return out
}

func TestGuidesCompile(t *testing.T) {
	for _, m := range guides(t) {
		for _, f := range m.fences() {
			if _, file := f.info["file"]; f.kind != "weave" || file || strings.HasSuffix(m.path, "README.md") {
				continue // the README's and the tutorial's are run by tests of their own
			}
			text, start, indent := f.file(t)
			m.replace(f.start, f.end, restyle(t, f, text, start, indent))
			dir := t.TempDir()
			copyTree(t, "../../docs/testdata/language", dir)
			if err := os.WriteFile(filepath.Join(dir, "example.weave"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, diags := compileExample(t, dir); diags.HasErrors() {
				var said bytes.Buffer
				if err := diag.Render(&said, diags, diag.RenderOptions{}); err != nil {
					t.Fatal(err)
				}
				t.Errorf("%s:%d does not compile:\n%s", m.path, f.line, said.String())
			}
		}
		m.settle(t)
	}
}

var (
	commandPattern = regexp.MustCompile(`(?:^|[\s(;&|$])(mongocd|build/\w+/\w+/shop|go run \.)((?: +[^\s|;&>()]+)*)`)
	settingPattern = regexp.MustCompile(`\b(MONGOCD_[A-Z_]+|CONFIGFOLDER|MONGOSOURCEPASSWORD)\b`)
	flagPattern    = regexp.MustCompile(`^--?([a-z][a-z-]*|v)(=.*)?$`)
)

func TestGuidesCommands(t *testing.T) {
	a := &app{Console: &console.Console{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, LookupEnv: os.LookupEnv}}
	root := a.rootCommand()
	help := artefactHelp(t)
	settings := help + scriptHeader(t) + "MONGOCD_SOURCE_URI MONGOCD_SOURCE_URI_FILE MONGOSOURCEPASSWORD CONFIGFOLDER MONGOCD_TESTSERVER_URI"
	commands := 0
	for _, m := range guides(t) {
		for _, f := range m.fences() {
			if f.kind != "sh" && f.kind != "yaml" && f.kind != "console" {
				continue
			}
			for line := range strings.Lines(f.text) {
				if f.kind == "console" && !strings.HasPrefix(line, "$ ") {
					continue
				}
				if strings.Contains(line, "chmod ") {
					continue
				}
				line, _, _ = strings.Cut(line, " # ")
				for _, match := range commandPattern.FindAllStringSubmatch(line, -1) {
					commands++
					words := strings.Fields(match[2])
					if match[1] != "mongocd" {
						checkArtefactLine(t, m.path, line, words, help)
						continue
					}
					cmd, rest, err := root.Find(words)
					if err != nil || cmd == root && len(words) > 0 && words[0] != "--help" {
						t.Errorf("%s: there is no such command: %s", m.path, strings.TrimSpace(line))
						continue
					}
					cmd.InitDefaultHelpFlag()
					for _, word := range rest {
						name := flagPattern.FindStringSubmatch(word)
						if name == nil {
							continue
						}
						if flags := cmd.Flags(); flags.Lookup(name[1]) == nil && cmd.InheritedFlags().Lookup(name[1]) == nil && (len(name[1]) > 1 || flags.ShorthandLookup(name[1]) == nil) {
							t.Errorf("%s: mongocd %s has no flag %s: %s", m.path, cmd.Name(), word, strings.TrimSpace(line))
						}
					}
				}
			}
		}
		for _, name := range settingPattern.FindAllString(m.text, -1) {
			base := name
			for _, known := range []string{"MONGOCD_DESTINATION_URI", "MONGOCD_SOURCE_URI"} {
				if strings.HasPrefix(base, known+"_") {
					base = known // one environment's or one source's
				}
			}
			if !strings.Contains(settings, base) {
				t.Errorf("%s: there is no setting %s", m.path, name)
			}
		}
	}
	if commands < 40 {
		t.Errorf("only %d commands were found in the guides", commands)
	}
}

func checkArtefactLine(t *testing.T, path, line string, words []string, help string) {
	t.Helper()
	if len(words) == 0 || !strings.Contains(help, "\n  "+words[0]+" ") {
		t.Errorf("%s: an artefact has no such command: %s", path, strings.TrimSpace(line))
		return
	}
	for _, word := range words[1:] {
		if flagPattern.MatchString(word) && !strings.Contains(help, "  "+word+" ") {
			t.Errorf("%s: an artefact has no flag %s: %s", path, word, strings.TrimSpace(line))
		}
	}
}

// artefactHelp is what a Go artefact prints with `help`.
func artefactHelp(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	if code := cli.Main([]string{"help"}, strings.NewReader(""), &out, &out, os.LookupEnv, os.DirFS(t.TempDir()), cli.Info{}); code != console.ExitDone {
		t.Fatalf("help ends with %d", code)
	}
	return out.String()
}

// scriptHeader is what stands at the top of a script.
func scriptHeader(t *testing.T) string {
	t.Helper()
	wanted, err := desired.Render(&desired.State{Weave: "shop", Environment: "prod"})
	if err != nil {
		t.Fatal(err)
	}
	files, err := mongosh.Generate(wanted)
	if err != nil {
		t.Fatal(err)
	}
	header, _, _ := strings.Cut(string(files[0].Data), "\n\n")
	return header
}
