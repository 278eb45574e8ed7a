package compiled

// What --verbose says of values that nobody gave. In: a command and what was
// compiled; out: lines with the edit or flag that gives another value.

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
)

// ShowDefaults says, with --verbose, what defaults supply: to the flags of a
// command and to the statements of the weaves. The workspace may be nil.
func ShowDefaults(c *console.Console, cmd *cobra.Command, states []*desired.State, w *workspace.Workspace, inputs map[string]string, more ...console.Setting) error {
	settings := append(more, flagDefaults(cmd)...)
	if _, given := c.LookupEnv("CONFIGFOLDER"); c.WorkspaceFlag == "" && !given && w != nil {
		settings = append([]console.Setting{{Name: "workspace", Value: "the current directory", Where: "--workspace, or CONFIGFOLDER"}}, settings...)
	}
	for _, d := range describe.Defaults(states, w, inputs) {
		name := d.Name
		if d.Environments != nil {
			name += " for " + diag.Safe(strings.Join(d.Environments, ", "), 200)
		}
		settings = append(settings, console.Setting{Of: d.Of, Name: name, Value: d.Value, Where: d.Where})
	}
	return c.LogDefaults(settings)
}

// flagDefaults are the flags that were not given and have a value all the same.
func flagDefaults(cmd *cobra.Command) []console.Setting {
	var out []console.Setting
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || slices.Contains([]string{"", "false", "0", "0s", "[]"}, f.DefValue) {
			return
		}
		out = append(out, console.Setting{Name: f.Name, Value: f.DefValue, Where: "--" + f.Name})
	})
	return out
}
