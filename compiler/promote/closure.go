package promote

// What chosen documents need: those that they link or refer to, and those with whose
// keys of unique indexes theirs collide. In: a choice; out: the choice with what it
// needs, or a message that names it.

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler"
	"github.com/hayone1/mongocd/compiler/job"
	"github.com/hayone1/mongocd/compiler/rules"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// maxNeeds is how many documents a message names.
const maxNeeds = 8

// need is a document that a chosen one cannot do without.
type need struct {
	workspace.Key
	id  bson.RawValue
	why string
}

// close completes a choice, or reports what it lacks. Where the rules are in error with
// all that there is, nothing can be told, and compiling the choice says why.
func (c *chosen) close(ctx context.Context, w *workspace.Workspace, from *workspace.Pin, along bool, o workspace.Options) diag.List {
	all, _, _ := compiler.Run(ctx, w.Instead(c.to, from), o)
	now, _, _ := compiler.Run(ctx, w.Instead(c.to, workspace.Held(c.to, c.there)), o)
	for {
		if err := ctx.Err(); err != nil {
			return diag.List{{Code: diag.Interrupted, Message: "stopped: " + err.Error()}}
		}
		needs := append(c.references(all), c.collisions(all, now)...)
		if len(needs) == 0 {
			return nil
		}
		if !along {
			return diag.List{c.incomplete(needs)}
		}
		for _, n := range needs {
			c.add(n.Key, n.id)
			c.along = append(c.along, c.selector(n))
		}
	}
}

// selector names a document as --document does.
func (c *chosen) selector(n need) string {
	id := doc.Show(n.id, 200)
	if v, err := doc.ParseExtJSONValue([]byte(id)); err != nil || v.Type != n.id.Type || !v.Equal(n.id) {
		id = string(doc.AppendCanonicalValue(nil, n.id))
	}
	return fmt.Sprintf("%s[_id=%s]", c.short(n.Key), id)
}

// takes reports whether a document is among what is chosen.
func (c *chosen) takes(k workspace.Key, id string) bool {
	_, ok := c.documents[k][id]
	return ok || c.whole[k]
}

// each goes through the finished documents that were made of extracted ones.
func each(jobs []*job.Finished, yield func(j *job.Finished, o *rules.Outcome, document int, id bson.RawValue)) {
	for _, j := range jobs {
		for _, u := range j.Units {
			o := j.Done.Of(u)
			if o == nil {
				continue
			}
			for i := range o.Documents {
				if d := o.Extracted(i); d != nil {
					if id, ok := doc.Get(d, doc.Path{"_id"}); ok {
						yield(j, o, i, id)
					}
				}
			}
		}
	}
}

// references are the documents that chosen ones link or refer to and that the
// environment would not have.
func (c *chosen) references(all []*job.Finished) []need {
	have := map[workspace.Key]map[string]bool{}
	for k, of := range c.candidate() {
		have[k] = map[string]bool{}
		for _, d := range of.Documents {
			have[k][idKey(d)] = true
		}
	}
	of := map[*rules.Outcome]func(int) []rules.Referred{}
	seen := map[string]bool{}
	var out []need
	each(all, func(j *job.Finished, o *rules.Outcome, document int, id bson.RawValue) {
		if !c.takes(o.Key(), doc.Key(id)) {
			return
		}
		if of[o] == nil {
			of[o] = j.Done.Referred(o)
		}
		for _, r := range of[o](document) {
			var lacks *need
			there := false
			for _, at := range r.Documents {
				d := r.Of.Extracted(at)
				if there = d == nil || have[r.Of.Key()][idKey(d)]; there {
					break
				}
				if lacks == nil {
					other, _ := doc.Get(d, doc.Path{"_id"})
					lacks = &need{r.Of.Key(), other, fmt.Sprintf("%s %s names it", diag.Safe(c.short(o.Key()), 120), doc.Show(id, 60))}
				}
			}
			if lacks == nil || there {
				continue // nothing has it: compiling says so
			}
			if name := fmt.Sprintf("%q %q %q", lacks.Source, lacks.Name, doc.Key(lacks.id)); !seen[name] {
				seen[name] = true
				out = append(out, *lacks)
			}
		}
	})
	return out
}

// collisions are the documents of the environment that are not chosen and have a key of
// a unique index that a chosen one has.
func (c *chosen) collisions(all, now []*job.Finished) []need {
	keys := map[string]string{}
	name := func(o *rules.Outcome, key string) string {
		database, collection := o.Destination()
		return fmt.Sprintf("%q %q %q", database, collection, key)
	}
	each(all, func(_ *job.Finished, o *rules.Outcome, document int, id bson.RawValue) {
		if c.takes(o.Key(), doc.Key(id)) {
			for _, k := range o.UniqueKeys(document) {
				keys[name(o, k)] = fmt.Sprintf("%s %s has its key of a unique index", diag.Safe(c.short(o.Key()), 120), doc.Show(id, 60))
			}
		}
	})
	if len(keys) == 0 {
		return nil
	}
	var out []need
	each(now, func(_ *job.Finished, o *rules.Outcome, document int, id bson.RawValue) {
		if c.takes(o.Key(), doc.Key(id)) {
			return
		}
		for _, k := range o.UniqueKeys(document) {
			if why, taken := keys[name(o, k)]; taken {
				out = append(out, need{o.Key(), id, why})
				return
			}
		}
	})
	return out
}

// incomplete is the error for a choice that lacks documents.
func (c *chosen) incomplete(needs []need) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.ChoiceIncomplete,
		Message: fmt.Sprintf("what was chosen needs %d more document%s", len(needs), words.Plural(len(needs)))}
	for i, n := range needs {
		if i == maxNeeds {
			d.Notes = append(d.Notes, fmt.Sprintf("… and %d more", len(needs)-maxNeeds))
			break
		}
		d.Notes = append(d.Notes, fmt.Sprintf("%s: add --document %s", n.why, diag.Safe(words.Argument(c.selector(n)), 300)))
	}
	d.Notes = append(d.Notes, "or take all of them along: `--with-references`")
	return d
}
