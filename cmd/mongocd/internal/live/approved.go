package live

// What --approved names. In: digests, and files with reports of plan; out: the digests
// that may be written, and the approved plans where a file has them.

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/desired"
)

// approval is one plan that may be written.
type approval struct {
	digest string
	plan   *change.Report // nil: only its digest is known
}

// of reports whether a plan is one of a weave for an environment, as far as is known.
func (a approval) of(weave, environment string) bool {
	return a.plan == nil || a.plan.Weave == weave && a.plan.Environment == environment
}

// readApprovals reads what --approved was given. A text that is neither a digest nor a
// report of plans is wrong usage, so that an empty variable approves nothing.
func (o *Options) readApprovals() error {
	for _, text := range o.approved {
		var flags cli.Flags
		wrong := flags.Approve(text)
		if wrong == nil {
			o.approvals = append(o.approvals, approval{digest: flags.Approved})
			continue
		}
		data, err := os.ReadFile(text)
		if err != nil {
			return console.Usagef("--approved %q: %s, and no file with the report of plan", text, wrong)
		}
		name := diag.Quote(filepath.ToSlash(text), 200)
		reports, err := ReadReports(data)
		if err != nil {
			return console.Usagef("--approved %s: %s", name, err)
		}
		for _, r := range reports {
			if r.Command != "plan" {
				return console.Usagef("--approved %s: it has a report of %s, and only plans are approved", name, diag.Safe(r.Command, 40))
			}
			if err := flags.Approve(r.Digest); err != nil {
				return console.Usagef("--approved %s: the plan of %s for %s has no digest: what would be refused cannot be approved", name, diag.Safe(r.Weave, 80), diag.Safe(r.Environment, 80))
			}
			o.approvals = append(o.approvals, approval{r.Digest, r})
		}
	}
	return nil
}

// holdApprovals leaves the approvals of the states; each state needs one that may be its.
func (o *Options) holdApprovals(states []*desired.State) error {
	if len(o.approved) == 0 {
		return nil
	}
	o.approvals = slices.DeleteFunc(o.approvals, func(a approval) bool {
		return !slices.ContainsFunc(states, func(s *desired.State) bool { return a.of(s.Weave, s.Environment) })
	})
	for _, s := range states {
		if !slices.ContainsFunc(o.approvals, func(a approval) bool { return a.of(s.Weave, s.Environment) }) {
			return console.Usagef("--approved has no plan of %s for %s", diag.Safe(s.Weave, 80), diag.Safe(s.Environment, 80))
		}
	}
	if len(states) == 1 && len(o.approvals) > 1 {
		return console.Usagef("--approved names %d plans, and there is one weave", len(o.approvals))
	}
	return nil
}

// differing is how a plan differs from the approved ones of its weave, where they are known.
func (o *Options) differing(present *change.Report) []against {
	var out []against
	for _, a := range o.approvals {
		if a.plan == nil || !a.of(present.Weave, present.Environment) {
			continue
		}
		if d := comparePlans(a.plan, present); len(d) > 0 {
			out = append(out, d)
		}
	}
	return out
}
