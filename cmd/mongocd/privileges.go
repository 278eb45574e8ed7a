package main

// The `privileges` command: the weaves of an environment in, the least role with
// which a command can be run for them out, as MongoDB's createRole takes it.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/live"
	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/enforce"
)

func (a *app) privilegesCommand() *cobra.Command {
	o := &live.Options{Command: "privileges"}
	var command string
	cmd := &cobra.Command{
		Use:   "privileges",
		Short: "Print the least role with which plan, apply or undo can be run",
		Long: `Prints a createRole command for the database admin with the privileges that a command needs at the destination, and no more: collection by
collection, as the rules of the weaves have it. Nothing is read from a destination. One role serves all weaves that are named; what a single run
lacks is found before it writes anything.

Commands of ` + "`before` and `after`" + ` need privileges of their own, which are for you to add.

Exit codes: 0 done; 1 failed; 64 wrong usage.`,
		Example: `  mongocd privileges --env prod --for plan
  mongosh "$ADMIN_URI" --eval "db.getSiblingDB('admin').runCommand($(mongocd privileges --env prod))"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains([]string{"plan", "apply", "undo"}, command) {
				return console.Usagef("--for is %q: it can be plan (for verify, too), apply or undo", command)
			}
			return a.privileges(cmd, o, command)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&command, "for", "apply", "the `command`: plan (for verify, too), apply or undo")
	flags.StringVar(&o.Environment, "env", "", "the `environment` (default: the only one of the workspace)")
	flags.StringArrayVar(&o.Weaves, "weave", nil, "a `weave` (repeatable; default: all, in order of name)")
	flags.StringArrayVar(&o.Inputs, "input", nil, "the value of an `input` of the weaves, NAME=VALUE (repeatable)")
	flags.StringVar(&o.From, "from", "", "a build `folder`, such as build/prod/shop, or build/prod for all its weaves: what was compiled there, without compiling again")
	flags.StringArrayVar(&o.Redirections, "database", nil, "use the database NEW where the weave says OLD: `OLD=NEW` (repeatable)")
	flags.StringVar(&o.StateDatabase, "state-database", enforce.DefaultStateDatabase, "the `database` at the destination that keeps what runs remember")
	return cmd
}

// roleJSON is MongoDB's createRole command (manual: reference/command/createRole).
type roleJSON struct {
	CreateRole string          `json:"createRole"`
	Privileges []privilegeJSON `json:"privileges"`
	Roles      []string        `json:"roles"`
}

type privilegeJSON struct {
	Resource resourceJSON `json:"resource"`
	Actions  []string     `json:"actions"`
}

type resourceJSON struct {
	DB         string `json:"db"`
	Collection string `json:"collection"`
}

func (a *app) privileges(cmd *cobra.Command, o *live.Options, command string) error {
	for _, text := range o.Redirections {
		if err := o.Redirect(text); err != nil {
			return console.Usagef("--database %q: %s", text, err)
		}
	}
	states, err := (&live.Session{Console: a.Console}).States(cmd.Context(), o)
	if err != nil {
		return err
	}
	if err := o.Redirectable(states); err != nil {
		return err
	}
	all := &desired.State{Environment: states[0].Environment}
	var hooks []desired.Command
	for _, s := range states {
		options := enforce.Options{Databases: o.FlagsFor(s).Databases, StateDatabase: o.StateDatabase}
		if err := options.Check(s); err != nil {
			return console.Usagef("%s", view.Printable(err.Error()))
		}
		all.Collections = append(all.Collections, s.Collections...)
		hooks = slices.Concat(hooks, s.Before, s.After)
		for _, c := range s.Collections {
			hooks = slices.Concat(hooks, c.Before, c.After)
		}
	}
	role := roleJSON{CreateRole: "mongocd-" + command + "-" + all.Environment, Roles: []string{}}
	for _, p := range enforce.Privileges(all, enforce.Options{Databases: o.Databases, StateDatabase: o.StateDatabase}, command) {
		role.Privileges = append(role.Privileges, privilegeJSON{resourceJSON{p.Database, p.Collection}, p.Actions})
	}
	if err := a.WriteJSON(role); err != nil {
		return err
	}
	if command != "apply" || len(hooks) == 0 {
		return nil
	}
	var places []string
	for _, h := range hooks {
		places = append(places, h.Origin)
	}
	return a.Log(console.LevelWarning, fmt.Sprintf("commands of `before` and `after` need privileges of their own: %s", strings.Join(places, ", ")))
}
