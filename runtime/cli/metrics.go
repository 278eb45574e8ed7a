package cli

// --metrics. In: states with the reports of verify; out: a file for monitoring.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/control"
	"github.com/hayone1/mongocd/runtime/desired"
)

// WriteMetrics writes what verify found into the file of --metrics, all or nothing, for
// others to read: numbers and names are in it. flags are those of a state.
func WriteMetrics(ctx context.Context, file string, states []*desired.State, reports []*change.Report, flags func(*desired.State) *Flags, lookup func(string) (string, bool)) error {
	var all []view.Watched
	for _, r := range reports {
		undone, _, _ := strings.Cut(control.NoteHeld, "{run}")
		w := view.Watched{Report: r, Held: slices.ContainsFunc(r.Notes, func(note string) bool { return strings.HasPrefix(note, undone) })}
		for _, s := range states {
			uri, err := Destination(lookup, s.Environment)
			if err != nil {
				return err
			}
			if s.Weave != r.Weave || s.Environment != r.Environment || r.Outcome == change.Failed || strings.HasPrefix(uri, "dir:") { // which remembers no runs
				continue
			}
			list, closing, err := Runs(ctx, s, flags(s), lookup)
			if err = errors.Join(err, closing); err != nil {
				return err
			}
			if list.Failure != nil {
				return fmt.Errorf("the runs: %s", list.Failure.Message)
			}
			w.Runs = list.Runs
		}
		all = append(all, w)
	}
	text, err := view.Metrics(all)
	if err != nil {
		return err
	}
	made, err := os.CreateTemp(filepath.Dir(file), ".mongocd-*") // a collector reads all *.prom
	if err != nil {
		return err
	}
	_, err = made.WriteString(text)
	if err = errors.Join(err, made.Chmod(0o644), made.Close()); err == nil {
		err = os.Rename(made.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(made.Name()))
	}
	return nil
}
