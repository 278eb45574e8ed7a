package enforce

// Hooks: commands of `before` and `after`. In: a state and what the first looks
// found; out: the commands that a run sends, in order, and the sending of them.

import (
	"context"
	"fmt"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// When a hook runs.
const (
	hookBefore = "before"
	hookAfter  = "after"
)

// hook is a command with its item of the report.
type hook struct {
	command desired.Command
	item    int
}

// findHooks lists the commands of a run that has something to write: before of
// the run, then of the collections that are written; after the other way round.
func (r *run) findHooks(looks []*look) {
	if !r.differs {
		return
	}
	add := func(when string, commands []desired.Command) {
		for _, c := range commands {
			if to, ok := r.options.Databases[c.Database]; ok {
				c.Database = to
			}
			r.hooks = append(r.hooks, hook{c, len(r.report.Hooks)})
			r.report.Hooks = append(r.report.Hooks, change.HookItem{When: when, Database: c.Database, Command: doc.Canonical(c.Command), Origin: c.Origin})
		}
	}
	add(hookBefore, r.state.Before)
	for _, l := range looks {
		if l.differs() {
			add(hookBefore, l.c.Before)
		}
	}
	for _, l := range looks {
		if l.differs() {
			add(hookAfter, l.c.After)
		}
	}
	add(hookAfter, r.state.After)
}

// runHooks sends the commands of one kind, each once; the first failure ends the run.
func (r *run) runHooks(ctx context.Context, when string) (ran bool, err error) {
	for _, h := range r.hooks {
		item := &r.report.Hooks[h.item]
		if item.When != when {
			continue
		}
		err := r.step(ctx, step{about: "the command of `" + when + "` in " + change.Clean(h.command.Origin)}, func(ctx context.Context) error {
			err := r.store.Run(ctx, h.command.Database, h.command.Command)
			r.noteWrite(err)
			return err
		})
		if err != nil {
			return ran, fmt.Errorf("%s of `%s`: %w", change.Clean(h.command.Origin), when, err)
		}
		item.Done, ran = true, true
	}
	return ran, nil
}
