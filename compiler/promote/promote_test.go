package promote

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/describe"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/disk"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/layout"
)

const weave = `weave shop
environments preprod, prod

from shop into shop {
  sync roles {
    link parent to roles
  }
  sync users by mail {
    link role to roles
    check flags[] refers to flags._id
    index on seat { unique: true, sparse: true }
  }
  sync flags {
    for prod { set rollout = 5 }
  }
}
`

// folder is a workspace: for each collection its documents by `_id`.
type folder map[string]map[int]string

var options = workspace.Options{Compiler: "test"}

// random is data in which every reference has its document.
func random(r *rand.Rand) folder {
	f := folder{"roles": {}, "users": {}, "flags": {}}
	var roles, flags []int
	for id := range 6 {
		if id == 0 || r.IntN(3) > 0 {
			roles = append(roles, id)
		}
		if id == 0 || r.IntN(3) > 0 {
			flags = append(flags, id)
			f["flags"][id] = fmt.Sprintf(`{"_id": %d, "rollout": %d}`, id, r.IntN(4))
		}
	}
	pick := func(of []int) int { return of[r.IntN(len(of))] }
	for _, id := range roles {
		f["roles"][id] = fmt.Sprintf(`{"_id": %d, "parent": %d, "rights": %d}`, id, pick(roles), r.IntN(3))
	}
	seats := r.Perm(8)
	for id := range 8 {
		if id == 0 || r.IntN(4) > 0 {
			f["users"][id] = fmt.Sprintf(`{"_id": %d, "mail": "m%d", "role": %d, "flags": [%d, %d], "seat": %d}`, id, id, pick(roles), pick(flags), pick(flags), seats[id])
		}
	}
	return f
}

// write makes it the extracted data of a directory.
func (f folder) write(t *testing.T, dir string, form layout.Layout) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "shop.weave"), []byte(weave), 0o644); err != nil {
		t.Fatal(err)
	}
	base := opened(t, dir)
	for name, documents := range f {
		c := &layout.Collection{Database: "shop", Name: name, Layout: form}
		for _, id := range slices.Sorted(maps.Keys(documents)) {
			raw, err := doc.ParseExtJSON([]byte(documents[id]))
			if err != nil {
				t.Fatal(err)
			}
			c.Documents = append(c.Documents, layout.Document{Raw: raw})
		}
		if err := layout.Write(base, "extracted", layout.Dir("extracted", "shop", name), c); err != nil {
			t.Fatal(err)
		}
	}
}

func opened(t *testing.T, dir string) *disk.Folder {
	t.Helper()
	base, err := disk.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := base.Close(); err != nil {
			t.Error(err)
		}
	})
	return base
}

func loaded(t *testing.T, dir string) *workspace.Workspace {
	t.Helper()
	w, diags := workspace.LoadDir(dir)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return w
}

// state is what prod is compiled to.
func state(t *testing.T, dir string) (map[string]string, diag.List) {
	t.Helper()
	o := options
	o.Environments = []string{"prod"}
	result, diags := compiler.Compile(t.Context(), loaded(t, dir), o)
	if diags.HasErrors() {
		return nil, diags
	}
	rendered, err := desired.Render(result.States[0])
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range rendered.Files {
		files[f.Path] = string(f.Data)
	}
	return files, nil
}

func selector(t *testing.T, text string) describe.Selector {
	t.Helper()
	s, err := describe.ParseSelector(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// promoted plans and writes.
func promoted(t *testing.T, dir string, choice Choice) (*Promotion, diag.List) {
	t.Helper()
	p, diags := Plan(t.Context(), loaded(t, dir), nil, "prod", choice, options)
	if !diags.HasErrors() {
		if err := Write(t.Context(), opened(t, dir), p); err != nil {
			t.Fatal(err)
		}
	}
	return p, diags
}

// tree is all files below a folder.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	if err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		files[strings.TrimPrefix(name, dir)] = string(data)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// TestSubsets promotes random subsets of random data, one after the other: prod is
// compiled to what a workspace is whose extracted folder has the same data by hand, byte
// for byte; a choice that is refused would not compile, and changes nothing.
func TestSubsets(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 4))
	refused, along := 0, 0
	for n := range 30 {
		dir, form := t.TempDir(), []layout.Layout{layout.Files, layout.Lines, layout.Shards}[n%3]
		have := random(r)
		have.write(t, dir, form)
		if _, diags := promoted(t, dir, Choice{}); diags.HasErrors() {
			t.Fatal(diags)
		}
		for range 3 {
			now := random(r)
			now.write(t, dir, []layout.Layout{layout.Files, layout.Lines, layout.Shards}[r.IntN(3)])
			choice := Choice{WithReferences: true}
			want := folder{}
			for name, documents := range have {
				want[name] = maps.Clone(documents)
			}
			take := func(name string, id int) {
				delete(want[name], id)
				if d, ok := now[name][id]; ok {
					want[name][id] = d
				}
			}
			for name := range want {
				if r.IntN(5) == 0 {
					choice.Collections = append(choice.Collections, name)
					want[name] = maps.Clone(now[name])
				}
			}
			for range 1 + r.IntN(3) {
				name, id := []string{"roles", "users", "flags"}[r.IntN(3)], r.IntN(6)
				if _, ok := have[name][id]; !ok && now[name][id] == "" {
					continue
				}
				choice.Documents = append(choice.Documents, selector(t, fmt.Sprintf("%s[_id=%d]", name, id)))
				if !slices.Contains(choice.Collections, name) {
					take(name, id)
				}
			}
			if !choice.Partial() {
				continue
			}
			before := tree(t, filepath.Join(dir, "releases"))
			p, diags := promoted(t, dir, choice)
			if p != nil {
				for _, s := range p.Along {
					var id int
					name, rest, _ := strings.Cut(s, "[_id=")
					if _, err := fmt.Sscanf(rest, "%d]", &id); err != nil {
						t.Fatal(s, err)
					}
					take(name, id)
					along++
				}
			}
			model := t.TempDir()
			want.write(t, model, layout.Lines)
			wanted, wrong := state(t, model)
			if diags.HasErrors() {
				if refused++; !wrong.HasErrors() {
					t.Fatalf("%d: refused with %v, and %v compiles", n, diags, want)
				}
				if !maps.Equal(tree(t, filepath.Join(dir, "releases")), before) {
					t.Fatalf("%d: a refused choice changed the pin", n)
				}
				continue
			}
			if wrong.HasErrors() {
				t.Fatalf("%d: promoted, and by hand %v", n, wrong)
			}
			got, diags := state(t, dir)
			if diags.HasErrors() || !maps.Equal(got, wanted) {
				t.Fatalf("%d: %v\ngot  %v\nwant %v", n, diags, got, wanted)
			}
			if again := func() map[string]string { // the same promotion again writes the same bytes
				is := tree(t, filepath.Join(dir, "releases"))
				if err := Write(t.Context(), opened(t, dir), p); err != nil {
					t.Fatal(err)
				}
				return is
			}(); !maps.Equal(again, tree(t, filepath.Join(dir, "releases"))) {
				t.Fatalf("%d: a second time it wrote something else", n)
			}
			have = want
		}
	}
	if refused == 0 || along == 0 {
		t.Errorf("%d refused, %d taken along: the test shows too little", refused, along)
	}
	t.Logf("%d refused, %d documents taken along", refused, along)
}

// TestIncomplete: what a choice lacks is named, with the edit.
func TestIncomplete(t *testing.T) {
	dir := t.TempDir()
	folder{"roles": {1: `{"_id": 1, "parent": 1}`}, "flags": {1: `{"_id": 1, "rollout": 1}`},
		"users": {1: `{"_id": 1, "mail": "a", "role": 1, "flags": [1], "seat": 1}`}}.write(t, dir, layout.Files)
	if _, diags := promoted(t, dir, Choice{}); diags.HasErrors() {
		t.Fatal(diags)
	}
	folder{"roles": {1: `{"_id": 1, "parent": 1}`, 2: `{"_id": 2, "parent": 3}`, 3: `{"_id": 3, "parent": 1}`}, "flags": {1: `{"_id": 1, "rollout": 1}`, 2: `{"_id": 2, "rollout": 1}`},
		"users": {1: `{"_id": 1, "mail": "a", "role": 1, "flags": [1], "seat": 2}`, 2: `{"_id": 2, "mail": "b", "role": 2, "flags": [2], "seat": 1}`}}.write(t, dir, layout.Files)
	choice := Choice{Documents: []describe.Selector{selector(t, "users[mail=b]")}}
	_, diags := promoted(t, dir, choice)
	if len(diags) != 1 || diags[0].Code != diag.ChoiceIncomplete {
		t.Fatal(diags)
	}
	var text bytes.Buffer
	if err := diag.Render(&text, diags, diag.RenderOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"needs 3 more documents", "users 2 names it: add --document 'roles[_id=2]'", "users 2 names it: add --document 'flags[_id=2]'",
		"users 2 has its key of a unique index: add --document 'users[_id=1]'", "--with-references"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
	choice.WithReferences = true
	p, diags := promoted(t, dir, choice)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if want := []string{"roles[_id=2]", "flags[_id=2]", "users[_id=1]", "roles[_id=3]"}; !slices.Equal(p.Along, want) { // the role's parent, too
		t.Errorf("taken along: %q, want %q", p.Along, want)
	}
}
