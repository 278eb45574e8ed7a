package live

// `plan --output` of one of changeset.Forms: a plan for another tool. In: what apply would
// send to a destination, recorded; out: a script or a changelog on stdout.

import (
	"fmt"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/changeset"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
)

// printChangeset prints what one weave changes, or says why no other tool can do it.
func (l *Session) printChangeset(o *Options, state *desired.State, r *recorder, report *change.Report) error {
	p := changeset.Plan{Weave: state.Weave, Environment: state.Environment, Digest: report.Digest, Steps: r.changes.Steps}
	refused := func(format string, args ...any) error {
		return console.ExitError{Code: console.ExitRefused, Message: fmt.Sprintf("no changes of %s for %s: %s\napply them with `mongocd apply`, or with an artefact",
			view.Printable(state.Weave), o.changeset, fmt.Sprintf(format, args...))}
	}
	if why := r.changes.Refused; why != "" {
		return refused("%s", why)
	}
	text, err := p.In(o.changeset)
	if err != nil {
		return refused("%s", err)
	}
	return l.Print(text)
}
