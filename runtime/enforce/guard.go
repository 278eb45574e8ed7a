package enforce

// Guarding: whether what was observed may be written. In: what was observed; out: the
// digest under which it may, or why it may not. Reads only.

import (
	"context"

	"github.com/hayone1/mongocd/runtime/change"
)

// guard finds whether a run may write: it is what was approved, the user has the
// privileges, and who is asked agrees. It returns the digest of what was approved;
// empty: whatever is found under the lease may be written.
func (e *enforcer) guard(ctx context.Context, seen *observed) (approved string, end ending) {
	if err := e.checkApproved(seen, e.options.Approved); err != nil {
		return "", e.ended("read", err)
	}
	if lacking := e.memory.db.Lacking(ctx, append(needed(seen), e.memory.db.Remembering()...)); len(lacking) > 0 {
		return "", ending{conflicts: lacking, refused: true}
	}
	if e.options.Approve == nil {
		return e.options.Approved, ending{}
	}
	plan, err := e.planned(ctx, seen)
	if err != nil {
		return "", e.ended("read", err)
	}
	if !e.options.Approve(plan) {
		return "", ending{declined: true}
	}
	return plan.Digest, ending{}
}

// planned is the report of a plan that found what this run found.
func (e *enforcer) planned(ctx context.Context, seen *observed) (*change.Report, error) {
	digest, err := e.planDigest(seen)
	if err == nil {
		err = e.findCauses(ctx, seen)
	}
	p := e.unsettled(seen, nil, ending{})
	p.Command, p.Digest, p.Outcome, p.Exit = "plan", digest, change.Changes, change.ExitDone
	return p, err
}

// checkApproved holds what was observed against the digest of what was approved: by a
// pipeline, or a person who was asked.
func (e *enforcer) checkApproved(seen *observed, approved string) error {
	if approved == "" {
		return nil
	}
	found, err := e.planDigest(seen)
	if err != nil || found == approved {
		return err
	}
	return &refusal{[]change.Conflict{change.NotApproved.Conflict("found", found, "approved", change.Clean(approved))}}
}
