package drift

// What is shown of a proposal. In: the proposal; out: a patch on stdout, or the files
// written, or JSON; on stderr what it says and what it does not.

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/compiler/capture"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/format"
	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/safe"
)

// proposalJSON is the result of --output json.
type proposalJSON struct {
	Format      int                `json:"format"` // 1
	Command     string             `json:"command"`
	Environment string             `json:"environment"`
	Exit        int                `json:"exit"`
	Written     bool               `json:"written"` // with --write
	Files       []fileJSON         `json:"files"`
	Captured    []capture.Captured `json:"captured"`
	Left        []capture.Left     `json:"left"`
	// Unclear counts differences of which nobody can tell whose doing they are.
	Unclear  int         `json:"unclear"`
	Warnings []diag.JSON `json:"warnings"`
}

type fileJSON struct {
	Name  string `json:"name"`
	Patch string `json:"patch"`
}

func (o *options) show(c *console.Console, files *disk.Folder, r *capture.Result) error {
	if o.write {
		if err := write(files, r.Files); err != nil {
			return err
		}
	}
	if o.Output == "json" {
		out := proposalJSON{Format: 1, Command: o.command, Environment: o.capture.Environment, Written: o.write && len(r.Files) > 0, Files: []fileJSON{}, Captured: r.Captured, Left: r.Left, Unclear: r.Unclear, Warnings: diag.ToJSON(r.Warnings)}
		for _, f := range r.Files {
			out.Files = append(out.Files, fileJSON{f.Name, patch(f)})
		}
		return c.WriteJSON(out)
	}
	var b strings.Builder
	for _, f := range r.Files {
		if o.write {
			fmt.Fprintln(&b, outputs.ShownPath(f.Name))
			continue
		}
		text := patch(f)
		if strings.ContainsFunc(strings.NewReplacer("\n", "", "\r", "", "\t", "").Replace(text), safe.Hidden) || strings.ContainsAny(f.Name, "\"\\\t\r\n") {
			return console.Failf("the patch of %s would have characters that a terminal hides, which stand in the file: use --write", diag.Quote(f.Name, 160))
		}
		b.WriteString(text)
	}
	if err := c.LogDiagnostics(r.Warnings, false); err != nil {
		return console.Failf("write the messages: %s", err)
	}
	if err := o.say(c, r); err != nil {
		return console.Failf("write the messages: %s", err)
	}
	return c.Print(b.String())
}

// patch is the unified diff of a file.
func patch(f capture.File) string { return format.Diff(f.Name, f.Before, f.After) }

// write edits the files, where they are still as they were read.
func write(folder *disk.Folder, files []capture.File) error {
	for _, f := range files {
		text, err := folder.ReadFile(f.Name)
		if err != nil {
			return console.Failf("read %s: %s", diag.Quote(f.Name, 160), err)
		}
		if string(text) != f.Before {
			return console.Failf("nothing was written: %s was changed meanwhile; run it again", diag.Quote(f.Name, 160))
		}
	}
	for _, f := range files {
		if err := outputs.WriteInPlace(folder.Root(), f.Name, f.After); err != nil {
			return console.Failf("write %s: %s", diag.Quote(f.Name, 160), err)
		}
	}
	return nil
}

// say says on stderr what was captured and what was not.
func (o *options) say(c *console.Console, r *capture.Result) error {
	done := map[string]string{"capture": "captured", "adopt": "adopted"}[o.command]
	var lines []string
	for _, x := range r.Captured {
		lines = append(lines, fmt.Sprintf("%s: %s", about(x.Database, x.Collection, x.Document, x.Path), x.Statement))
	}
	if len(lines) > 0 {
		text := fmt.Sprintf("%s, and compiled again to the same: %s\n  %s", done, console.Plural(len(lines), "difference"), strings.Join(lines, "\n  "))
		if err := c.Log(console.LevelInfo, text); err != nil {
			return err
		}
	}
	lines = nil
	for _, x := range r.Left {
		lines = append(lines, fmt.Sprintf("%s: %s", about(x.Database, x.Collection, x.Document, x.Path), x.Reason))
	}
	if len(lines) > 0 {
		if err := c.Log(console.LevelWarning, fmt.Sprintf("not %s: %s\n  %s", done, console.Plural(len(lines), "difference"), strings.Join(lines, "\n  "))); err != nil {
			return err
		}
	}
	if r.Unclear > 0 {
		text := fmt.Sprintf("nobody can tell whose doing %s: name the documents with --document, or take all with --all", console.PluralOf(r.Unclear, "difference is", "differences are"))
		if err := c.Log(console.LevelWarning, text); err != nil {
			return err
		}
	}
	if len(r.Captured)+len(r.Left)+r.Unclear == 0 {
		return c.Log(console.LevelInfo, map[string]string{"capture": "nothing to capture: the destination has changed nothing itself", "adopt": "nothing to adopt: the rules want every index and option that the destination has"}[o.command])
	}
	return nil
}

// about names a place.
func about(database, collection, document, path string) string {
	out := database + "." + collection
	if document != "" {
		out += " (" + document + ")"
	}
	if path != "" {
		out += " " + path
	}
	return out
}
