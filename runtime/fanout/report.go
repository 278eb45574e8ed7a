package fanout

// One report of many. In: the reports of the databases; out: their report, with outcome
// and exit code, and of a plan the digest of all. Pure.

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/doc"
)

// joined is the report of all databases, by name whatever the waves were.
func (r *run) joined(command string) *change.Report {
	p := change.NewReport(r.state.Weave, r.state.Environment, command)
	parts := slices.Clone(r.parts)
	slices.SortStableFunc(parts, func(a, b *part) int { return compareNames(a.database, b.database) })
	digest, known := sha256.New(), false
	for _, part := range parts {
		item := change.DatabaseItem{Database: part.name(r.options), Outcome: change.Skipped}
		if r.inWaves() {
			item.Wave = part.wave
		}
		one := part.report
		if one == nil {
			p.Databases = append(p.Databases, item)
			continue
		}
		item.Outcome, item.Exit, item.Run = one.Outcome, one.Exit, one.Run
		p.Databases = append(p.Databases, item)
		p.Collections, p.Hooks, p.Control = append(p.Collections, one.Collections...), append(p.Hooks, one.Hooks...), append(p.Control, one.Control...)
		p.Leases = append(p.Leases, one.Leases...)
		for _, note := range one.Notes {
			if !slices.Contains(p.Notes, note) {
				p.Notes = append(p.Notes, note)
			}
		}
		for _, c := range one.Conflicts {
			if c.Database == "" {
				c.Database = item.Database
			}
			p.Conflicts = append(p.Conflicts, c)
		}
		p.Failure = alsoFailed(p.Failure, one.Failure, item.Database)
		digest.Write(doc.NewBuilder(128).AppendString("database", item.Database).AppendString("digest", one.Digest).Raw())
		known, p.Engine = known || one.Digest != "", one.Engine
	}
	if p.Engine = ""; command == "plan" && known {
		p.Digest, p.Engine = "sha256:"+hex.EncodeToString(digest.Sum(nil)), r.options.Engine
	}
	settle(p)
	return p
}

// compareNames puts what is in no fan-out first.
func compareNames(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// alsoFailed is a failure with that of one more database.
func alsoFailed(all, one *change.Failure, database string) *change.Failure {
	if one == nil {
		return all
	}
	message := one.Message
	if database != "" {
		message = change.Clean(database) + ": " + message
	}
	if all == nil {
		return &change.Failure{Stage: one.Stage, Message: message}
	}
	return &change.Failure{Stage: all.Stage, Message: all.Message + "\n" + message}
}

// held is the report of an apply that wrote nothing, since its plan was not approved.
func (r *run) held(conflicts ...change.Conflict) *change.Report {
	for _, p := range r.parts {
		if well(p.report) && p.report.Outcome != change.InSync {
			p.report.Outcome, p.report.Exit = change.Refused, change.ExitRefused
		}
	}
	p := r.joined("apply")
	p.Conflicts = append(p.Conflicts, conflicts...)
	p.Outcome, p.Exit = change.Refused, change.ExitRefused
	return p
}

// settle sets outcome and exit code by those of the databases (docs/enforcement.md, Fan-outs).
func settle(p *change.Report) {
	has := func(outcomes ...string) bool {
		return slices.ContainsFunc(p.Databases, func(d change.DatabaseItem) bool { return slices.Contains(outcomes, d.Outcome) })
	}
	skipped := p.Command == "apply" && has(change.Skipped)
	switch bad := has(change.Refused, change.Failed, change.Stopped); {
	case (bad || skipped) && has(change.Applied, change.Undone, change.Stopped):
		p.Outcome, p.Exit = change.Stopped, change.ExitStopped
	case has(change.Failed) || skipped && !bad:
		p.Outcome, p.Exit = change.Failed, change.ExitFailed
	case bad:
		p.Outcome, p.Exit = change.Refused, change.ExitRefused
	default:
		p.Outcome = change.InSync
		for _, outcome := range []string{change.Unknown, change.Kept, change.Changes, change.Applied, change.Undone} {
			if has(outcome) {
				p.Outcome = outcome
			}
		}
		for _, d := range p.Databases {
			p.Exit = max(p.Exit, d.Exit)
		}
	}
}
