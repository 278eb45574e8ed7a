package promote

// How data differs. In: a collection as it is there and as it is to be; out: counts, and
// words for them.

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
)

// compare counts how a collection differs from what there was of it.
func (n *Collection) compare(there, of *workspace.Collection) {
	if there == of {
		return
	}
	before := map[string]bson.Raw{}
	if there != nil {
		n.Structure = there.Kind != of.Kind || !bytes.Equal(there.Options, of.Options) || !slices.EqualFunc(there.Indexes, of.Indexes, func(a, b bson.Raw) bool { return bytes.Equal(a, b) })
		for _, d := range there.Documents {
			before[idKey(d)] = d
		}
	}
	for _, d := range of.Documents {
		k := idKey(d)
		switch was, ok := before[k]; {
		case !ok:
			n.Added++
		case !bytes.Equal(was, d):
			n.Changed++
		}
		delete(before, k)
	}
	n.Removed = len(before)
}

// Behind says how the data pinned for an environment differs from what is extracted
// now, collection by collection: what promoting all of it would bring. nil: it is not pinned.
func Behind(ctx context.Context, w *workspace.Workspace, environment string, o workspace.Options) ([]Collection, diag.List) {
	pin, diags := w.PinOf(environment)
	if pin == nil || diags.HasErrors() {
		return nil, diags
	}
	o.Environments, o.Weaves, o.WithEdits = []string{environment}, nil, true
	there, diags := read(ctx, w, o)
	if diags.HasErrors() {
		return nil, diags
	}
	source, diags := read(ctx, w.Instead(environment, nil), o)
	if diags.HasErrors() {
		return nil, diags
	}
	out := []Collection{}
	for _, k := range keysOf(source) {
		n := Collection{Key: k, Documents: source[k].Count}
		if n.compare(there[k], source[k]); n.Different() {
			out = append(out, n)
		}
	}
	return out, nil
}

// Text says how the collection differs, for people.
func (c *Collection) Text() string {
	if !c.Different() {
		return fmt.Sprintf("as it was: %d document%s", c.Documents, words.Plural(c.Documents))
	}
	var parts []string
	for _, n := range []struct {
		count int
		what  string
	}{{c.Added, "added"}, {c.Changed, "changed"}, {c.Removed, "removed"}} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.what))
		}
	}
	text := strings.Join(parts, ", ")
	switch {
	case c.Structure && text == "":
		text = "other options or indexes"
	case c.Structure:
		text += ", other options or indexes"
	}
	return fmt.Sprintf("%s, of %d document%s", text, c.Documents, words.Plural(c.Documents))
}
