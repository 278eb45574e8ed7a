package main

// The `completion` command: a shell in, its completion script out.

import (
	"github.com/spf13/cobra"
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
				err = root.GenBashCompletionV2(a.stdout, true)
			case "zsh":
				err = root.GenZshCompletion(a.stdout)
			case "fish":
				err = root.GenFishCompletion(a.stdout, true)
			case "powershell":
				err = root.GenPowerShellCompletionWithDesc(a.stdout)
			default:
				return usagef("there is no completion for %q: it can be bash, zsh, fish or powershell", args[0])
			}
			if err != nil {
				return failf("print the script: %s", err)
			}
			return nil
		},
	}
}
