package main

// The `compile` command: a workspace in, a folder for each environment and
// weave out, holding the desired state and the artefacts of the targets.

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hayone1/mongocd"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/child"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/compiled"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/git"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/outputs"
	"github.com/hayone1/mongocd/cmd/mongocd/internal/version"
	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/codegen/gosync"
	"github.com/hayone1/mongocd/codegen/pipeline"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/prelude"
	"github.com/hayone1/mongocd/runtime/replace"
)

func (a *app) compileCommand() *cobra.Command {
	var o compiled.Options
	var out, platform, runtime, federation string
	var vendor bool
	var build, checking, force, selfContained bool
	cmd := &cobra.Command{
		Use:   "compile",
		Short: "Generate the artefacts that enforce the wanted state",
		Long: `Checks the workspace as check does, then writes OUT/<environment>/<weave>/ for each environment and weave:

  manifest.json, desired/   the wanted state: canonical Extended JSON, one document a line, large collections in several files
  mongosh.js                one script, self-contained where the documents are at most 5 MB, else it reads desired/ beside it
                            (--self-contained: never): MONGOCD_MODE=plan|apply|verify mongosh URI --file mongosh.js
  go.mod, main.go, …        a Go program that builds with the Go toolchain and the modules that go.sum pins:
                            MONGOCD_DESTINATION_URI=… go run . plan|apply|verify
  pipeline.js, main.go, …   with --target pipeline, instead of all of these: the rules as aggregations, for data that is too
                            large for git and on the destination's cluster; what is extracted is a sample of it then:
                            MONGOCD_MODE=plan|apply|verify mongosh URI --file pipeline.js
                            MONGOCD_DESTINATION_URI=… go run . plan|apply|verify

The code of the Go program is the module github.com/hayone1/mongocd of the very version that this mongocd was installed as,
pinned by its sum and fetched as the MongoDB driver is. Where mongocd was built from a checkout, which has no such version, it is
a copy in the program's folder, which needs the driver alone; --runtime copy makes that with every mongocd. --vendor puts all
modules into the folder: the program is then built where no module proxy can be reached.

All folders are replaced, or none; nothing is written when there are errors, nor when somebody changed a file of the output
since it was compiled: --force discards such changes. The manifest has the digest of each file. A program that --build made stays
while everything it was built from does; else it is removed, which is said.

--check writes nothing and exits with 2 when the output is not what the workspace compiles to, for builds that are kept in
git: it names files that are stale, edited by hand, missing, or extra. Give it the same --target, --env, --input, --runtime, --vendor,
--self-contained and --federation. When there is no difference, it names the digest of the code in all scripts and in all programs, which their
plan prints as "engine".

The manifest and the script have the commit of the workspace, which runs record as the label commit: git's, with -dirty where a
file of the workspace differs from it; without git, what a variable of CI names (GITHUB_SHA, CI_COMMIT_SHA, …). It is no part of
the state: digests do not depend on it, and --check ignores it. A build that git keeps (its folder is not ignored) has none, as each
commit would change it.`,
		Example: `  mongocd compile
  mongocd compile --env prod --target go --build --platform linux/arm64
  mongocd compile --check`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if platform != "" && !build {
				return console.Usagef("--platform goes with --build")
			}
			hasProgram := o.Wants(codegen.Go) || o.Wants(codegen.Pipeline)
			if build && !hasProgram {
				return console.Usagef("--build builds the Go program; add --target go")
			}
			if vendor && !hasProgram {
				return console.Usagef("--vendor goes with the Go program; add --target go")
			}
			if selfContained && !o.Wants(codegen.Mongosh) {
				return console.Usagef("--self-contained goes with the script; add --target mongosh")
			}
			release, err := releaseFor(runtime)
			if err != nil {
				return err
			}
			program := outputs.Program{Release: release, Vendor: vendor, SelfContained: selfContained}
			if federation != "" {
				if !o.Wants(codegen.Pipeline) {
					return console.Usagef("--federation goes with --target pipeline")
				}
				if program.Federation, err = pipeline.ParseFederation(federation); err != nil {
					return console.Usagef("--federation: %s", err)
				}
			}
			if checking && (build || force) {
				return console.Usagef("--check writes nothing: --build and --force do not go with it")
			}
			o.Bare, o.Together = !build, true
			result, diagnostics, err := compiled.Run(cmd.Context(), a.Console, o)
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
			var defaults []console.Setting
			if runtime == "" && hasProgram {
				defaults = append(defaults, console.Setting{Name: "runtime", Value: program.Runtime(), Where: "--runtime"})
			}
			if err := compiled.SayDefaults(a.Console, cmd, o, result, defaults...); err != nil {
				return err
			}
			dir, err := a.Workspace()
			if err != nil {
				return err
			}
			to, err := outputs.Open(dir, out)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, to.Close()) }()
			if err := a.nameCommit(cmd.Context(), dir, out, to, result.States, checking); err != nil {
				return err
			}
			known, ok := outputs.Known(result, o.Wanted(), program)
			if ok && checking {
				return a.checkBuild(to, known, o, release)
			}
			if ok && !build {
				if same, err := outputs.Same(to, known, result.Cache); err != nil {
					return console.Failf("read the output: %s", err)
				} else if same {
					return showFolders(a, to, known, o)
				}
			}
			if result.Bare {
				o.Bare = false
				if result, diagnostics, err = compiled.Run(cmd.Context(), a.Console, o); err != nil {
					return err
				}
				if diagnostics.HasErrors() { // of files that were changed meanwhile
					return a.Report(diagnostics, shown)
				}
				if err := a.nameCommit(cmd.Context(), dir, out, to, result.States, checking); err != nil {
					return err
				}
			}
			// What is live is a few large slices: collecting often is cheap, and keeps memory near to it.
			defer debug.SetGCPercent(debug.SetGCPercent(30))
			folders, err := outputs.Generate(cmd.Context(), result, o.Wanted(), program)
			if err != nil {
				return console.Failf("%s", err)
			}
			if checking {
				return a.checkBuild(to, folders, o, release)
			}
			var built outputs.Builder
			if build {
				built = func(f outputs.Folder) (string, []byte, error) {
					binary, err := gosync.Build(cmd.Context(), child.Environment(), f.Files, platform)
					return outputs.ProgramName(f.Weave, platform), binary, err
				}
			}
			removed, err := outputs.Replace(to, folders, force, built, result.Cache)
			if err != nil {
				return console.Failf("%s", err)
			}
			if len(removed) > 0 {
				message := fmt.Sprintf("removed %s: what it was built from has changed; --build builds it again", strings.Join(removed, ", "))
				if !hasProgram {
					message = fmt.Sprintf("removed %s: with these targets the output has no Go program", strings.Join(removed, ", "))
				}
				if err := a.Log(console.LevelWarning, message); err != nil {
					return console.Failf("%s", err)
				}
			}
			return showFolders(a, to, folders, o)
		},
	}
	o.Bind(cmd)
	cmd.Flags().StringVar(&out, "out", "build", "the output `directory`, within the workspace unless absolute")
	cmd.Flags().BoolVar(&build, "build", false, "also build the Go programs: static binaries named after their weave")
	cmd.Flags().StringVar(&runtime, "runtime", "", "where the Go program has its `code` from: module or copy (default: module if this mongocd was installed from a release, else copy)")
	cmd.Flags().BoolVar(&vendor, "vendor", false, "put the modules of the Go program into its folder: it is built with no network and no module cache")
	cmd.Flags().BoolVar(&selfContained, "self-contained", false, "put all documents into mongosh.js, however many: it can be taken along alone, and takes much more memory")
	cmd.Flags().StringVar(&federation, "federation", "", "the source is on another cluster of this Atlas project, the destination on `PROJECT/CLUSTER`: also write pipeline.federation.js")
	cmd.Flags().BoolVar(&checking, "check", false, "write nothing; exit with 2 when the output is not what would be written")
	cmd.Flags().BoolVar(&force, "force", false, "discard changes that somebody made to the output")
	cmd.Flags().StringVar(&platform, "platform", "", "build for `OS/ARCH`, such as linux/arm64 (default: this machine)")
	return cmd
}

// showFolders says where the output is.
func showFolders(a *app, to *outputs.Place, folders []outputs.Folder, o compiled.Options) error {
	if o.Output == "text" {
		for _, f := range folders {
			fmt.Fprintln(a.Stdout, to.Show(f.Path))
		}
	}
	return nil
}

// nameCommit writes the commit of the workspace into the states, which runs of their builds
// record. A build that is kept in git has none, as it would be another one with every commit,
// and one that is checked has its own.
func (a *app) nameCommit(ctx context.Context, dir, out string, to *outputs.Place, states []*desired.State, checking bool) error {
	if checking {
		return outputs.TakeCommits(to, states)
	}
	kept, err := git.Keeps(ctx, dir, out)
	if err != nil || kept {
		return err
	}
	commit, err := git.Commit(ctx, dir, a.LookupEnv)
	if err != nil {
		return console.Failf("the commit of the workspace: %s", err)
	}
	for _, s := range states {
		s.Commit = commit
	}
	return nil
}

// releaseFor is the release that programs have their runtime from; nil: a copy.
func releaseFor(runtime string) (*gosync.Release, error) {
	m := version.Release()
	switch {
	case runtime == "" && m == nil, runtime == "copy":
		return nil, nil
	case runtime != "" && runtime != "module":
		return nil, console.Usagef("--runtime is %q; it takes module or copy", runtime)
	case m == nil:
		return nil, console.Usagef("--runtime module needs a mongocd that was installed from a release (`go install %s/cmd/mongocd@VERSION`): this one was built from a checkout, and no version of the module is known to be the same; use --runtime copy", gosync.ModulePath)
	}
	return &gosync.Release{Version: m.Version, Sum: m.Sum, GoMod: mongocd.GoMod}, nil
}

// checkBuild says how the output differs from what was generated.
func (a *app) checkBuild(out *outputs.Place, folders []outputs.Folder, o compiled.Options, release *gosync.Release) error {
	if err := replace.Finish(out.Folder, out.Way); err != nil {
		return console.Failf("%s", err)
	}
	found, err := outputs.Check(out, folders, len(o.Environments) == 0, nil)
	if err != nil {
		return console.Failf("read the output: %s", err)
	}
	switch {
	case o.Output == "json":
		if found == nil {
			found = []outputs.Difference{}
		}
		err = a.WriteJSON(struct {
			Differences []outputs.Difference `json:"differences"`
		}{found})
	case len(found) == 0:
		text := fmt.Sprintf("ok: %s as the workspace compiles\n", console.PluralOf(len(folders), "folder is", "folders are"))
		if o.Wants(codegen.Mongosh) { // it is in all of them, byte for byte: the scripts are as they are generated
			text += "engine of the scripts: " + prelude.Digest() + "\n"
		}
		if o.Wants(codegen.Go) || o.Wants(codegen.Pipeline) {
			engine, err := gosync.EngineDigest(release)
			if err != nil {
				return console.Failf("%s", err)
			}
			text += "engine of the programs: " + engine + "\n"
		}
		err = a.Print(text)
	default:
		err = a.Print(outputs.Lines(found, ""))
	}
	if err != nil || len(found) == 0 {
		return err
	}
	return console.ExitError{Code: console.ExitDifferences, Message: "the output is not what the workspace compiles to: run `mongocd compile` and commit the result"}
}
