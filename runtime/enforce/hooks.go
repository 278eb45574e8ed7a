package enforce

// Hooks: commands of `before` and `after`. In: a state and what was observed; out: the
// commands that a run sends, in order, and the sending of them.

import (
	"context"
	"fmt"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/desired"
)

// When a hook runs.
const (
	hookBefore = "before"
	hookAfter  = "after"
)

// hook is a command with its item of the report.
type hook struct {
	command desired.Command
	item    change.HookItem
}

// hooksOf lists the commands of a run that has something to write: before of
// the run, then of the collections that are written; after the other way round.
func (e *enforcer) hooksOf(seen *observed) []hook {
	if !seen.differs() {
		return nil
	}
	var hooks []hook
	add := func(when string, commands []desired.Command) {
		for _, c := range commands {
			if to, ok := e.options.Databases[c.Database]; ok {
				c.Database = to
			}
			hooks = append(hooks, hook{c, change.HookItem{When: when, Database: c.Database, Command: change.DocumentValue(c.Command), Origin: c.Origin}})
		}
	}
	add(hookBefore, e.state.Before)
	for _, i := range seen.changing() {
		add(hookBefore, seen.all[i].c.Before)
	}
	for _, i := range seen.changing() {
		add(hookAfter, seen.all[i].c.After)
	}
	add(hookAfter, e.state.After)
	return hooks
}

// runHooks sends the commands of one kind, each once; the first failure ends the run.
func (w *writing) runHooks(ctx context.Context, when string) (ran bool, err error) {
	for i, h := range w.hooks {
		if h.item.When != when {
			continue
		}
		err := w.step(ctx, step{about: "the command of `" + when + "` in " + change.Clean(h.command.Origin)}, func(ctx context.Context) error {
			err := w.store.Run(ctx, h.command.Database, h.command.Command)
			w.noteWrite(err)
			return err
		})
		if err != nil {
			return ran, fmt.Errorf("%s of `%s`: %w", change.Clean(h.command.Origin), when, err)
		}
		w.ran[i], ran = true, true
	}
	return ran, nil
}
