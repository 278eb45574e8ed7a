package main

// The `compile` command: a workspace in, a folder for each environment and
// weave out, holding the desired state and the artefacts of the targets.

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/codegen/gosync"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
	"github.com/hayone1/mongocd/runtime/prelude"
	"github.com/hayone1/mongocd/runtime/replace"
)

func (a *app) compileCommand() *cobra.Command {
	var o compileOptions
	var out, platform string
	var build, checking, force bool
	cmd := &cobra.Command{
		Use:   "compile",
		Short: "Generate the artefacts that enforce the wanted state",
		Long: `Checks the workspace as check does, then writes OUT/<environment>/<weave>/ for each environment and weave:

  manifest.json, desired/   the wanted state: canonical Extended JSON, one document a line
  mongosh.js                one self-contained script:
                            MONGOCD_MODE=plan|apply|verify mongosh URI --file mongosh.js
  go.mod, main.go, …        a Go program that builds with the Go toolchain and the MongoDB driver alone:
                            MONGOCD_DESTINATION_URI=… go run . plan|apply|verify

All folders are replaced, or none; nothing is written when there are errors, nor when somebody changed a file of the output
since it was compiled: --force discards such changes. The manifest has the digest of each file. A program that --build made stays
while everything it was built from does; else it is removed, which is said.

--check writes nothing and exits with 2 when the output is not what the workspace compiles to, for builds that are kept in
git: it names files that are stale, edited by hand, missing, or extra. Give it the same --target, --env, --input and --vendor. When there is
no difference, it names the digest of the code in all scripts and in all programs, which their plan prints as "engine".`,
		Example: `  mongocd compile
  mongocd compile --env prod --target go --build --platform linux/arm64
  mongocd compile --check`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if platform != "" && !build {
				return console.Usagef("--platform goes with --build")
			}
			if build && !o.wants(codegen.Go) {
				return console.Usagef("--build builds the Go program; add --target go")
			}
			if o.vendor && !o.wants(codegen.Go) {
				return console.Usagef("--vendor goes with the Go program; add --target go")
			}
			if checking && (build || force) {
				return console.Usagef("--check writes nothing: --build and --force do not go with it")
			}
			result, diagnostics, err := a.compile(cmd.Context(), o)
			if err != nil {
				return err
			}
			shown := o.DiagnosticOptions
			if checking && !diagnostics.HasErrors() {
				shown.Output = "text" // the differences are the one document on stdout
			}
			if err := a.Report(diagnostics, shown); err != nil {
				return err
			}
			if err := a.verboseOf(cmd, o, result); err != nil {
				return err
			}
			dir, err := a.Workspace()
			if err != nil {
				return err
			}
			to, err := openPlace(dir, out)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, to.Close()) }()
			// What is live is a few large slices: collecting often is cheap, and keeps memory near to it.
			defer debug.SetGCPercent(debug.SetGCPercent(30))
			folders, err := o.generate(cmd.Context(), result)
			if err != nil {
				return console.Failf("%s", err)
			}
			if checking {
				return a.checkBuild(to, folders, o)
			}
			var built builder
			if build {
				built = func(f folder) (string, []byte, error) {
					program, err := gosync.Build(cmd.Context(), childEnvironment(), f.files, platform)
					return programName(f.weave, platform), program, err
				}
			}
			removed, err := replaceFolders(to, folders, force, built)
			if err != nil {
				return console.Failf("%s", err)
			}
			if len(removed) > 0 {
				message := fmt.Sprintf("removed %s: what it was built from has changed; --build builds it again", strings.Join(removed, ", "))
				if !o.wants(codegen.Go) {
					message = fmt.Sprintf("removed %s: with these targets the output has no Go program", strings.Join(removed, ", "))
				}
				if err := a.Log(console.LevelWarning, message); err != nil {
					return console.Failf("%s", err)
				}
			}
			if o.Output == "text" {
				for _, f := range folders {
					fmt.Fprintln(a.Stdout, to.show(f.path))
				}
			}
			return nil
		},
	}
	o.bind(cmd)
	cmd.Flags().StringVar(&out, "out", "build", "the output `directory`, within the workspace unless absolute")
	cmd.Flags().BoolVar(&build, "build", false, "also build the Go programs: static binaries named after their weave")
	cmd.Flags().BoolVar(&o.vendor, "vendor", false, "put the modules of the Go program into its folder: it is built with no network and no module cache")
	cmd.Flags().BoolVar(&checking, "check", false, "write nothing; exit with 2 when the output is not what would be written")
	cmd.Flags().BoolVar(&force, "force", false, "discard changes that somebody made to the output")
	cmd.Flags().StringVar(&platform, "platform", "", "build for `OS/ARCH`, such as linux/arm64 (default: this machine)")
	return cmd
}

// checkBuild says how the output differs from what was generated.
func (a *app) checkBuild(out *place, folders []folder, o compileOptions) error {
	if err := replace.Finish(out.Folder, out.root); err != nil {
		return console.Failf("%s", err)
	}
	found, err := checkFolders(out, folders, len(o.environments) == 0)
	if err != nil {
		return console.Failf("read the output: %s", err)
	}
	switch {
	case o.Output == "json":
		if found == nil {
			found = []difference{}
		}
		err = a.WriteJSON(struct {
			Differences []difference `json:"differences"`
		}{found})
	case len(found) == 0:
		text := fmt.Sprintf("ok: %s as the workspace compiles\n", console.PluralOf(len(folders), "folder is", "folders are"))
		if o.wants(codegen.Mongosh) { // it is in all of them, byte for byte: the scripts are as they are generated
			text += "engine of the scripts: " + prelude.Digest() + "\n"
		}
		if o.wants(codegen.Go) {
			engine, err := gosync.EngineDigest()
			if err != nil {
				return console.Failf("%s", err)
			}
			text += "engine of the programs: " + engine + "\n"
		}
		err = a.Print(text)
	default:
		err = a.Print(lines(found, ""))
	}
	if err != nil || len(found) == 0 {
		return err
	}
	return console.ExitError{Code: console.ExitDifferences, Message: "the output is not what the workspace compiles to: run `mongocd compile` and commit the result"}
}

// generate makes the files of every state, in memory.
func (o *compileOptions) generate(ctx context.Context, result *compiler.Result) ([]folder, error) {
	build := desired.Build{}
	for _, t := range codegen.Targets {
		if o.wants(t) {
			build.Targets = append(build.Targets, string(t))
		}
	}
	for _, i := range result.Inputs {
		build.Inputs = append(build.Inputs, desired.Input{Name: i.Name, SHA256: i.SHA256})
	}
	var vendored []codegen.File
	if o.vendor {
		var err error
		if vendored, err = gosync.Vendor(ctx, childEnvironment()); err != nil {
			return nil, err
		}
	}
	var folders []folder
	for _, state := range result.States {
		files := map[string]codegen.File{}
		build.Documents = map[string][]byte{}
		add := func(generated []codegen.File, err error) error {
			for _, f := range generated {
				files[f.Path] = f
				build.Documents[f.Path] = f.Data // those below desired/ are not made twice
			}
			return err
		}
		if o.wants(codegen.Go) {
			if err := add(gosync.Generate(state)); err != nil {
				return nil, fmt.Errorf("generate the Go program of %s for %s: %w", state.Weave, state.Environment, err)
			}
			for _, f := range vendored {
				files[f.Path] = f
			}
		}
		if o.wants(codegen.Mongosh) {
			if err := add(mongosh.Generate(state)); err != nil {
				return nil, fmt.Errorf("generate the script of %s for %s: %w", state.Weave, state.Environment, err)
			}
		}
		build.Outputs = []desired.Output{}
		for _, f := range files {
			build.Outputs = append(build.Outputs, desired.OutputOf(f.Path, f.Data))
		}
		stateFiles, err := desired.FilesOfBuild(state, build)
		if err != nil {
			return nil, fmt.Errorf("write the state of %s for %s: %w", state.Weave, state.Environment, err)
		}
		for _, f := range stateFiles {
			files[f.Path] = codegen.File{Path: f.Path, Data: f.Data, Mode: 0o644}
		}
		f := folder{path: stateFolder(state), weave: state.Weave}
		for _, file := range files {
			f.files = append(f.files, file)
		}
		codegen.Sort(f.files)
		folders = append(folders, f)
	}
	return folders, nil
}

// stateFolder is <environment>/<weave>, both safe as file names.
func stateFolder(s *desired.State) string {
	return path.Join(layout.EncodeName(s.Environment), layout.EncodeName(s.Weave))
}

// programName is the name of a weave's program.
func programName(weave, platform string) string {
	goos, _, _ := strings.Cut(platform, "/")
	if goos == "windows" || platform == "" && filepath.Separator == '\\' {
		return layout.EncodeName(weave) + ".exe"
	}
	return layout.EncodeName(weave)
}

// mongoshCannotHold finds the documents that the mongosh target cannot write
// byte for byte, one diagnostic a collection with up to five of them.
func mongoshCannotHold(w *workspace.Workspace, r *compiler.Result) diag.List {
	var found diag.List
	for _, state := range r.States {
		for _, c := range state.Collections {
			var notes []string
			count := 0
			for _, d := range c.Documents {
				reason, bad := mongosh.CannotHold(d.Raw)
				if !bad {
					continue
				}
				if count++; count <= 5 {
					notes = append(notes, showIdentity(c, d)+": "+reason)
				}
			}
			if count == 0 {
				continue
			}
			if count > 5 {
				notes = append(notes, fmt.Sprintf("and %d more", count-5))
			}
			found = append(found, diag.Diagnostic{
				Code: diag.MongoshCannotHold,
				Span: syncSpan(w, state, c),
				Message: fmt.Sprintf("mongosh cannot write %s of %s byte for byte (environment %s)",
					console.Plural(count, "document"), diag.Quote(c.Namespace(), 80), state.Environment),
				Notes: append(notes, "compile the Go program alone with `--target go`, or leave these values out with `remove`"),
			})
		}
	}
	return found
}

// showIdentity names a document by its identity: `name "beta"`.
func showIdentity(c *desired.Collection, d desired.Document) string {
	var parts []string
	for _, p := range c.Identity {
		v, _ := doc.Get(d.Raw, p)
		parts = append(parts, p.String()+" "+doc.Show(v, 60))
	}
	return strings.Join(parts, ", ")
}

// syncSpan is the place of the sync that made a collection.
func syncSpan(w *workspace.Workspace, state *desired.State, c *desired.Collection) source.Span {
	for _, weave := range w.Weaves {
		if weave.Module.Name != state.Weave {
			continue
		}
		for _, s := range weave.Module.Syncs {
			if s.Span.String() == c.Origin {
				return s.Span
			}
		}
	}
	return source.Span{}
}
