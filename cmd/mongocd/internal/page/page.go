// Package page writes reports as an HTML page into a file: what --html does.
//
// In: reports or a comparison, the name of a file; out: the file, for its owner alone, since it
// holds values. Nothing but a page that mongocd wrote is ever written over.
package page

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
	"github.com/hayone1/mongocd/codegen/report"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
)

// Bind adds the flag.
func Bind(flags *pflag.FlagSet, name *string) {
	flags.StringVar(name, "html", "", "write the report into this `file` too, as one HTML page to be read in a browser")
}

// Save writes what is asked for of the reports into the file, with the warnings of
// compiling; with no name, nothing.
func Save(c *console.Console, name string, reports []*change.Report, asked view.Filter, diagnostics diag.List) error {
	if name == "" {
		return nil
	}
	shown := make([]*change.Report, len(reports))
	for i, r := range reports {
		shown[i] = asked.Of(r)
	}
	return save(c, name, report.Of(version.Program(), shown), diagnostics)
}

func save(c *console.Console, name string, p report.Page, diagnostics diag.List) error {
	if items := messages(diagnostics); len(items) > 0 {
		p.Runs = append(p.Runs, report.Run{Command: "compile", Weave: "the rules", Sections: []report.Section{{Items: items}}})
	}
	if err := replace(name, p); err != nil {
		return console.Failf("write the page: %s", err)
	}
	return c.Log(console.LevelInfo, fmt.Sprintf("written %s: it holds the values that it shows (secrets are masked)", diag.Safe(filepath.ToSlash(name), 200)))
}

// messages are the warnings, and those that a weave accepts.
func messages(diagnostics diag.List) []report.Item {
	var out []report.Item
	for _, d := range diagnostics {
		if d.Severity != diag.Warning && d.Severity != diag.Accepted {
			continue
		}
		sign := "!"
		if d.Severity == diag.Accepted {
			sign = "·"
		}
		item := report.Item{Action: d.Severity.String(), Sign: sign, Name: d.Message, Code: string(d.Code), Link: report.Docs + "lang/diag/pages/" + string(d.Code) + ".txtar", Says: d.Notes}
		if !d.Span.IsZero() {
			item.Origin = d.Span.String()
		}
		out = append(out, item)
	}
	return out
}

func replace(name string, p report.Page) error {
	switch mine, err := isPage(name); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !mine:
		return fmt.Errorf("%s is there and is no page of mongocd: name another file", diag.Quote(filepath.ToSlash(name), 200))
	}
	file, err := os.CreateTemp(filepath.Dir(name), ".page-") // mode 0600
	if err != nil {
		return err
	}
	err = errors.Join(report.Write(file, p), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// isPage reports whether a file is a page, or an empty file.
func isPage(name string) (bool, error) {
	file, err := os.Open(name)
	if err != nil {
		return false, err
	}
	head, err := io.ReadAll(io.LimitReader(file, 4096))
	return len(head) == 0 || bytes.Contains(head, []byte(report.Generator)), errors.Join(err, file.Close())
}
