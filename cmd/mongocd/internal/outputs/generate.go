// Package outputs is the generated folders: making, comparing and replacing them.
//
// In: the states of a workspace, and targets; out: the folders of files, in memory;
// then how they differ from those on disk, or those in their place, all or none.
package outputs

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/child"
	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/codegen/gosync"
	"github.com/hayone1/mongocd/codegen/mongosh"
	"github.com/hayone1/mongocd/codegen/pipeline"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/pushdown"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/layout"
)

// Program is how the Go program has the code that it needs, and the script its data.
type Program struct {
	Release       *gosync.Release      // that has the runtime; nil: a copy
	Vendor        bool                 // with the modules that it needs
	SelfContained bool                 // the script has all documents itself
	Federation    *pipeline.Federation // as pipeline.State has it
}

// Runtime is what --runtime calls it.
func (p Program) Runtime() string {
	if p.Release == nil {
		return "copy"
	}
	return "module"
}

// Generate makes the files of every state for some targets, in memory or in the space of the result.
func Generate(ctx context.Context, result *compiler.Result, targets []codegen.Target, program Program) ([]Folder, error) {
	build := desired.Build{}
	for _, t := range targets {
		build.Targets = append(build.Targets, string(t))
	}
	for _, i := range result.Inputs {
		build.Inputs = append(build.Inputs, desired.Input{Name: i.Name, SHA256: i.SHA256})
	}
	var vendored []codegen.File
	if program.Vendor {
		var err error
		if vendored, err = gosync.Vendor(ctx, child.Environment(), program.Release); err != nil {
			return nil, err
		}
	}
	key := keyOf(result, targets, program)
	if slices.Contains(targets, codegen.Go) {
		gosync.Prepare(program.Release)
	}
	letGo(result)
	result.Space.LetGo()
	var folders []Folder
	pushed := slices.Contains(targets, codegen.Pipeline)
	for i, state := range result.States {
		if pushed { // what was extracted is a sample, and nothing that is wanted
			state = &desired.State{Weave: state.Weave, Environment: state.Environment, Compiler: state.Compiler, TimeZones: state.TimeZones, Inputs: state.Inputs}
		}
		wanted, err := desired.RenderInto(state, textsIn(result))
		if err != nil {
			return nil, fmt.Errorf("write the state of %s for %s: %w", state.Weave, state.Environment, err)
		}
		result.Space.LetGo()
		files := map[string]codegen.File{}
		add := func(generated []codegen.File, err error) error {
			for _, f := range generated {
				files[f.Path] = f
			}
			return err
		}
		if slices.Contains(targets, codegen.Go) {
			if err := add(gosync.Generate(wanted, program.Release)); err != nil {
				return nil, fmt.Errorf("generate the Go program of %s for %s: %w", state.Weave, state.Environment, err)
			}
		}
		for _, f := range vendored {
			files[f.Path] = f
		}
		if pushed {
			pushed := pipelines(state, result.Pipelines[i])
			pushed.Federation = program.Federation
			if err := add(pipeline.Generate(pushed, program.Release)); err != nil {
				return nil, fmt.Errorf("generate the pipelines of %s for %s: %w", state.Weave, state.Environment, err)
			}
		}
		if slices.Contains(targets, codegen.Mongosh) {
			generate := mongosh.GenerateBeside
			if program.SelfContained {
				generate = mongosh.Generate
			}
			if err := add(generate(wanted)); err != nil {
				return nil, fmt.Errorf("generate the script of %s for %s: %w", state.Weave, state.Environment, err)
			}
		}
		for _, f := range wanted.Files {
			delete(files, f.Path) // they are added with their digests
		}
		build.Outputs = []desired.Output{}
		for _, f := range files {
			build.Outputs = append(build.Outputs, desired.OutputOf(f.Path, f.Data))
		}
		stateFiles, err := wanted.OfBuild(build)
		if err != nil {
			return nil, fmt.Errorf("write the state of %s for %s: %w", state.Weave, state.Environment, err)
		}
		for _, f := range stateFiles {
			files[f.Path] = codegen.File{Path: f.Path, Data: f.Data, Make: f.Make, Mode: 0o644}
		}
		f := Folder{Path: StateFolder(state), Weave: state.Weave, Sums: append(build.Outputs, wanted.Documents()...)}
		for _, file := range stateFiles {
			if file.Path == desired.ManifestName { // with its outputs, as it is compared
				f.Sums = append(f.Sums, desired.OutputOf(file.Path, file.Data))
			}
		}
		slices.SortFunc(f.Sums, func(a, b desired.Output) int { return cmp.Compare(a.Path, b.Path) })
		for _, file := range files {
			f.Files = append(f.Files, file)
		}
		codegen.Sort(f.Files)
		result.Space.LetGo()
		folders = append(folders, f)
	}
	remember(result.Cache, key, folders)
	return folders, nil
}

// leftBytes are how many bytes in memory are worth it to look for what is not needed any more.
const leftBytes = 96 << 20

// letGo gives back the memory of what was extracted, before the text of what is wanted is made.
func letGo(result *compiler.Result) {
	if result.Space != nil && result.Cache != nil { // most of it was in no memory of this program's, but what is left may be much
		heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		if metrics.Read(heap); heap[0].Value.Uint64() >= leftBytes {
			debug.FreeOSMemory()
		}
		return
	}
	size := 0
	for _, s := range result.States {
		for _, c := range s.Collections {
			for i := range c.Documents {
				size += len(c.Documents[i].Raw)
			}
		}
	}
	layout.LetGo(size)
}

// pipelines are the collections of a state for codegen/pipeline.
func pipelines(s *desired.State, collections []pushdown.Collection) pipeline.State {
	out := pipeline.State{Weave: s.Weave, Environment: s.Environment, Compiler: s.Compiler}
	for _, c := range collections {
		out.Collections = append(out.Collections, pipeline.Collection{
			SourceDatabase: c.Source[0], Source: c.Source[1], Database: c.Into[0], Name: c.Into[1], Origin: c.Origin, On: c.On,
			Inserts: c.Mode != desired.Update, Updates: c.Mode != desired.Insert, Pipelines: c.Pipelines(), Read: c.Read, Lookups: c.Lookups})
	}
	return out
}

// StateFolder is <environment>/<weave>, both safe as file names.
func StateFolder(s *desired.State) string {
	return path.Join(layout.EncodeName(s.Environment), layout.EncodeName(s.Weave))
}

// ProgramName is the name of a weave's program.
func ProgramName(weave, platform string) string {
	goos, _, _ := strings.Cut(platform, "/")
	if goos == "windows" || platform == "" && filepath.Separator == '\\' {
		return programOf(weave) + ".exe"
	}
	return programOf(weave)
}

// programOf is the weave's name as that of a file or, where a folder of the output has
// it, that of the program's module.
func programOf(weave string) string {
	name := layout.EncodeName(weave)
	if slices.Contains([]string{"desired", "internal", "vendor"}, name) {
		return "artefact"
	}
	return name
}
