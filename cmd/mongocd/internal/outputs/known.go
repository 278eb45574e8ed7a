package outputs

// What was generated before. In: states that are compiled, perhaps without their documents,
// and targets; out: the digests of the files that Generate makes of them, and whether
// they are in the output already.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/hayone1/mongocd/codegen"
	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/replace"
)

// keyOf is all that the files come of; nil: that is not known, or what the modules of others
// are decides it.
func keyOf(result *compiler.Result, targets []codegen.Target, program Program) *cache.Key {
	if result.Cache == nil || program.Vendor || slices.Contains(targets, codegen.Pipeline) || slices.Contains(result.Keys, "") || len(result.Keys) != len(result.States) {
		return nil
	}
	k := cache.NewKey("outputs")
	k.Add(fmt.Sprint(targets), program.Runtime(), fmt.Sprint(program.SelfContained))
	if r := program.Release; r != nil {
		k.Add(r.Version, r.Sum, string(r.GoMod))
	}
	for _, in := range result.Inputs {
		k.Add("input", in.Name, in.SHA256)
	}
	for i, s := range result.States {
		k.Add("state", result.Keys[i], s.Commit)
	}
	return k
}

// Known are the folders that Generate would make, without their files; false: that is not known.
func Known(result *compiler.Result, targets []codegen.Target, program Program) ([]Folder, bool) {
	k := keyOf(result, targets, program)
	if k == nil {
		return nil, false
	}
	folders, ok := cache.Value[[]Folder](result.Cache, k)
	return folders, ok && len(folders) == len(result.States)
}

func remember(store *cache.Store, k *cache.Key, folders []Folder) {
	if k == nil {
		return
	}
	known := slices.Clone(folders)
	for i := range known {
		known[i].Files = nil
	}
	cache.PutValue(store, k, known)
}

// textsIn is where the texts of what is wanted are: in the space of the result. What the files of
// large collections are is kept: where they are in the output already, their texts are never made.
func textsIn(result *compiler.Result) desired.Texts {
	texts := desired.Texts{Hold: result.Space.Text, Read: result.Space.Touched,
		Keep: func(text *[]byte) { result.Space.Keep(1, func(int) *[]byte { return text }) }}
	if result.Cache == nil {
		return texts
	}
	texts.Known = func(documents [sha256.Size]byte, make func() desired.Made) desired.Made {
		k := cache.KeyOf("text", hex.EncodeToString(documents[:]))
		known, ok := cache.Value[desired.Made](result.Cache, k)
		if !ok {
			known = make()
			cache.PutValue(result.Cache, k, known)
		}
		return known
	}
	return texts
}

// Same reports whether the folders are there, as they would be made.
func Same(out *Place, folders []Folder, store *cache.Store) (bool, error) {
	if err := replace.Finish(out.Folder, out.Way); err != nil {
		return false, err
	}
	found, err := Check(out, folders, false, store)
	return err == nil && len(found) == 0, err
}
