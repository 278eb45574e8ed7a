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

// pinned is the first of the environments that the place is about, where the data of all
// of them is pinned; empty: what is extracted counts.
func (a *around) pinned() string {
	about := a.about()
	for _, environment := range about {
		if !a.snapshot.hasPin(environment) {
			return ""
		}
	}
	return append(about, "")[0]
}

// hasPin reports whether the data of an environment is pinned.
func (s *Snapshot) hasPin(environment string) bool {
	_, err := fs.Stat(s.workspace.files, path.Join(workspace.PinFolder(environment), workspace.PinName))
	return err == nil // what is wrong with a pin is a message of the analysis
}

// pinnedCollections are the names of a source's collections in a pin.
func (s *Snapshot) pinnedCollections(environment, from string) []string {
	names, err := layout.Collections(s.workspace.files, workspace.PinFolder(environment), from)
	if err != nil {
		return nil // as above
	}
	return names
}

// load is a collection that an environment is compiled with, "" for the extracted one; nil
// when it cannot be read.
func (s *Snapshot) load(environment string, k workspace.Key) *workspace.Collection {
	if environment == "" {
		return s.workspace.cache.Load(s.workspace.files, k)
	}
	return s.workspace.cache.LoadPinned(s.workspace.files, environment, k)
}
