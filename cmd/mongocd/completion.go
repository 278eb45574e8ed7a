package main

// The `completion` command: a shell in, its completion script out; and
// the values that shells offer for flags.

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/changeset"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/compiler/sources"
	"github.com/hayone1/mongocd/compiler/workspace"
)

func (a *app) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print the script that completes commands and flags in a shell",
		Example: `  source <(mongocd completion bash)                                  # bash, this session
  mongocd completion bash > /etc/bash_completion.d/mongocd          # bash, every session
  mongocd completion zsh > "${fpath[1]}/_mongocd"                   # zsh
  mongocd completion fish > ~/.config/fish/completions/mongocd.fish # fish
  mongocd completion powershell | Out-String | Invoke-Expression    # PowerShell`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args:      cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			var err error
			switch args[0] {
			case "bash":
				err = root.GenBashCompletionV2(a.Stdout, true)
			case "zsh":
				err = root.GenZshCompletion(a.Stdout)
			case "fish":
				err = root.GenFishCompletion(a.Stdout, true)
			case "powershell":
				err = root.GenPowerShellCompletionWithDesc(a.Stdout)
			default:
				return console.Usagef("there is no completion for %q: it can be bash, zsh, fish or powershell", args[0])
			}
			if err != nil {
				return console.Failf("print the script: %s", err)
			}
			return nil
		},
	}
}

// targets are the collections of all weaves and environments, as the extracted files show them.
func targets(w *workspace.Workspace) map[*workspace.Target]*workspace.Job {
	found := map[*workspace.Target]*workspace.Job{}
	jobs, _ := w.Jobs(workspace.Options{}) // what is wrong in the rules, check says
	for _, j := range jobs {
		for _, t := range j.Targets {
			found[t] = j
		}
	}
	return found
}

func sorted(names map[string]bool) []string {
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}

// collections are those that the weaves read, or those that they write.
func collections(read bool) func(*workspace.Workspace) []string {
	return func(w *workspace.Workspace) []string {
		names := map[string]bool{}
		for t := range targets(w) {
			if read {
				names[t.Collection] = true
			} else {
				names[t.Destination] = true
			}
		}
		return sorted(names)
	}
}

// readFrom are the sources of the weaves.
func readFrom(w *workspace.Workspace) []string {
	names := map[string]bool{}
	for _, s := range sources.All(w) {
		names[s.Name] = true
	}
	return sorted(names)
}

// writtenTo are the databases that the weaves write, but for those that only the documents of a fan-out name.
func writtenTo(w *workspace.Workspace) []string {
	names := map[string]bool{}
	for t, j := range targets(w) {
		names[t.Database(j.Environment)] = true
	}
	return sorted(names)
}

// completeFlags offers the environments, weaves, collections, sources and databases of the
// workspace, and the words that a flag takes.
func (a *app) completeFlags(cmd *cobra.Command) {
	names := func(of func(*workspace.Workspace) []string) cobra.CompletionFunc {
		return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			dir, err := a.Workspace()
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			w, _ := workspace.LoadDir(dir)
			if w == nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return of(w), cobra.ShellCompDirectiveNoFileComp
		}
	}
	words := func(words ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
	}
	folders := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	outputs := []string{"text", "json"}
	switch cmd.Name() {
	case "diff", "apply", "verify", "undo", "runs", "release-hold", "claim":
		outputs = append(outputs, "markdown")
	case "plan":
		outputs = append(append(outputs, "markdown", "commands"), changeset.Forms...)
	}
	from := cobra.CompletionFunc(folders) // a build folder
	if cmd.Name() == "diff" {
		from = words() // a revision
	}
	database := names(readFrom)
	if cmd.Name() != "extract" {
		// NAME, or NAME=NEW.
		written := names(writtenTo)
		database = func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			found, directive := written(cmd, args, begun)
			return found, directive | cobra.ShellCompDirectiveNoSpace
		}
	}
	for flag, complete := range map[string]cobra.CompletionFunc{
		"env":         names((*workspace.Workspace).Environments),
		"with-env":    names((*workspace.Workspace).Environments),
		"output":      words(outputs...),
		"log-format":  words(console.LogText, console.LogJSON),
		"layout":      words("files", "lines", "shards"),
		"workspace":   folders,
		"destination": folders,
		"output-dir":  folders,
		"from":        from,
		"to":          words(),
		"weave": names(func(w *workspace.Workspace) []string {
			var out []string
			for _, weave := range w.Weaves {
				out = append(out, weave.Module.Name)
			}
			return out
		}),
		"collection": names(collections(slices.Contains([]string{"extract", "import", "promote"}, cmd.Name()))),
		"source":     names(readFrom),
		"database":   database,
		"type":       words("json", "csv", "bson"),
		"target":     words("mongosh", "go"),
		"for":        words("plan", "apply", "undo"),
	} {
		if cmd.LocalFlags().Lookup(flag) == nil {
			continue
		}
		if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
			panic(err) // the flag is there, so it was registered before: a mistake in this program
		}
	}
}
