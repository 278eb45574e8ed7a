package query

// Which data a place is about: what is pinned, where all environments that it is about
// are pinned, else what is extracted. In: the tokens around it; out: an environment with a
// pin, and what its collections are like.

import (
	"io/fs"
	"path"
	"slices"

	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/runtime/layout"
)

// about are the environments that the place is about, in the order of their declaration:
// what the heads of its blocks leave.
func (a *around) about() []string {
	names, groups := environments(a.weave)
	out := slices.DeleteFunc(names, func(n string) bool { return groups[n] != nil })
	for _, b := range a.blocks {
		if b.head < 0 || !slices.Contains([]string{"for", "amend", "test"}, a.Text(a.Tokens[b.head])) {
			continue
		}
		i, except := b.head, false
		for i < b.open && a.Text(a.Tokens[i]) != "for" {
			i++
		}
		var named []string
		for i++; i < b.open; i++ {
			if a.Is(a.Tokens[i], "except") || a.Is(a.Tokens[i], "all") {
				except = except || a.Is(a.Tokens[i], "except")
				continue
			}
			switch name, end := a.dashed(i); {
			case name == "":
			case groups[name] != nil:
				named = append(named, groups[name]...)
				i = end - 1
			default:
				named = append(named, name)
				i = end - 1
			}
		}
		if len(named) > 0 {
			out = slices.DeleteFunc(out, func(n string) bool { return slices.Contains(named, n) == except })
		}
	}
	return out
}

// data is what an environment is compiled with, where its data is pinned; "" for what is extracted.
type data struct {
	of          *Workspace
	environment string
}

// data is the data of the first of the environments that the place is about, where the
// data of all of them is pinned; else what is extracted.
func (a *around) data() data {
	about := a.about()
	for _, environment := range about {
		if !dataOf(a.snapshot, environment).pinned() {
			return dataOf(a.snapshot, "")
		}
	}
	return dataOf(a.snapshot, append(about, "")[0])
}

func dataOf(s *Snapshot, environment string) data { return data{s.workspace, environment} }

// pinned reports whether the data of the environment is.
func (d data) pinned() bool {
	_, err := fs.Stat(d.of.files, path.Join(workspace.PinFolder(d.environment), workspace.PinName))
	return d.environment != "" && err == nil // what is wrong with a pin is a message of the analysis
}

// collections are the names of a source's collections.
func (d data) collections(from string) []string {
	folder := "extracted"
	if d.environment != "" {
		folder = workspace.PinFolder(d.environment)
	}
	names, err := layout.Collections(d.of.files, folder, from)
	if err != nil {
		return nil // as above
	}
	return names
}

// load is a collection; nil when it cannot be read.
func (d data) load(k workspace.Key) *workspace.Collection {
	if d.environment == "" {
		return d.of.cache.Load(d.of.files, k)
	}
	return d.of.cache.LoadPinned(d.of.files, d.environment, k)
}
