package rules

// What the rules gave for the documents of a file, kept for the next compilation: what
// they give for one document depends on it, on the rules and on what they look up.
// In: a unit whose documents were read from files that are kept, too; out: parts as
// running the rules gives them. Only those are kept of which there is nothing to say.

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/cache"
	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/shape"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/runtime/doc"
)

// keptPart is the JSON of an entry, which the bytes of its summary and the BSON of changed documents
// follow.
type keptPart struct {
	Documents            []byte // what became of each: below
	Matched              []int
	Selected, Kept, Size int
	Counts               eval.Counts
	Names                []doc.Path
	Types                []byte // of values in finished documents, sorted
	Summary              []int  // the lengths of what the summary has
}

// What becomes of a document.
const leftOut, asItWas, changed = 'l', 'a', 'c'

// keptParts are the files of the documents, with their keys; nil: nothing is kept of them.
func (u *Unit) keptParts() []*part {
	kept := func(p workspace.Part) bool { return p.Kept }
	if u.Job.Cache == nil || !slices.ContainsFunc(u.Data.Parts, kept) || u.Target.Member != nil || u.Env.Trace != nil {
		return nil
	}
	of := u.comesOf()
	var parts []*part
	for _, p := range u.Data.Parts {
		one := &part{from: p.From, to: p.To}
		if p.Kept && of != "" {
			one.key = cache.KeyOf("rules", of, p.Digest)
		}
		parts = append(parts, one)
	}
	return parts
}

// comesOf is all but a document that the rules may give something else for: the texts of the
// weave, the environment, the inputs, the target, what is looked up, and what is known of the
// documents as a whole, on which the types of numbers depend.
func (u *Unit) comesOf() string {
	j, k, d := u.Job, cache.NewKey("unit"), u.Data
	k.Add(j.Weave.Dir, j.Weave.Module.Name, j.Environment)
	for _, f := range j.Weave.Files {
		k.Add("file", f.Name, f.Text)
	}
	for _, in := range j.Inputs {
		k.Add("input", in.Name, in.Type, string(in.Value.Value))
	}
	database, collection := u.Destination()
	from := u.Target.Source[j.Environment]
	k.Add("target", u.Target.Span.String(), from, u.Target.Collection, database, collection)
	k.Add("data", d.Kind, fmt.Sprint(d.Capped, d.Sample, len(d.Indexes)), string(d.Options))
	for _, index := range d.Indexes {
		k.Add(string(index))
	}
	k.Add(string(d.Shape.Sketch()))
	for _, block := range u.Target.Blocks {
		for _, l := range workspace.Lookups(j.Weave.Module, block, j.Environment) {
			key := workspace.LookedUp(l, from)
			c := u.Others.Collection(key.Source, key.Name)
			if c == nil || c.Digest() == "" {
				return ""
			}
			k.Add("lookup", key.Source, key.Name, c.Digest())
		}
	}
	return k.Sum()
}

// recall makes a part what it was; false: that is not known.
func (u *Unit) recall(p *part) bool {
	if p.key == nil {
		return false
	}
	text, ok := u.Job.Cache.Get(p.key)
	if !ok || len(text) < 8 || binary.LittleEndian.Uint64(text) > uint64(len(text)-8) {
		return false
	}
	about, rest := text[8:8+binary.LittleEndian.Uint64(text)], text[8+binary.LittleEndian.Uint64(text):]
	var k keptPart
	if json.Unmarshal(about, &k) != nil || len(k.Documents) != p.to-p.from || len(k.Matched) != len(p.Matched) {
		return false
	}
	s, rest, ok := readSummary(rest, k.Summary)
	if !ok || !s.of(k.Kept, len(u.By)) || len(s.entries) != len(u.uniques()) {
		return false
	}
	results, found := make([]bson.Raw, len(k.Documents)), 0
	for i, what := range k.Documents {
		switch what {
		case asItWas:
			results[i] = u.Data.Documents[p.from+i]
			found++
		case changed:
			if len(rest) < 5 {
				return false
			}
			size := int(int32(binary.LittleEndian.Uint32(rest)))
			if size < 5 || size > len(rest) {
				return false
			}
			results[i], rest = bson.Raw(rest[:size:size]), rest[size:]
			found++
		}
	}
	if len(rest) > 0 || found != k.Kept || !p.run.AddCounts(k.Counts, u.Job.Weave.Files) {
		return false
	}
	copy(p.Results[p.from:p.to], results)
	copy(p.Matched, k.Matched)
	for _, t := range k.Types {
		p.types[t] = true
	}
	p.Selected, p.kept, p.names, p.before = k.Selected, k.Kept, []*shape.Names{shape.NamesOf(k.Names)}, &k
	p.summary = s
	u.Job.Budget.AddBytes(k.Size)
	return true
}

// readSummary reads the bytes of a summary, of which the lengths are said, and returns what follows.
func readSummary(text []byte, lengths []int) (s *summary, rest []byte, ok bool) {
	var all [][]byte
	for _, n := range lengths {
		if n < 0 || n > len(text) {
			return nil, nil, false
		}
		all, text = append(all, text[:n:n]), text[n:]
	}
	if len(all) < 2 || slices.ContainsFunc(all[2:], func(entries []byte) bool { return len(entries)%8 > 0 }) {
		return nil, nil, false
	}
	return &summary{all[0], all[1], all[2:]}, text, true
}

// typesIn adds the types of the values in a document, but null, and of `_id` at the top.
func typesIn(types *[256]bool, d bson.Raw, top bool) {
	for name, v := range doc.Fields(d) {
		if top && name == "_id" {
			continue
		}
		switch v.Type {
		case bson.TypeNull:
		case bson.TypeEmbeddedDocument, bson.TypeArray:
			typesIn(types, bson.Raw(v.Value), false)
		default:
			types[v.Type] = true
		}
	}
}

// typesOf are the types of the values in the finished documents, as typesIn has them.
func typesOf(o *Outcome, parts []*part) *[256]bool {
	var all [256]bool
	for _, p := range parts {
		for t, is := range p.types {
			all[t] = all[t] || is
		}
	}
	for _, d := range o.Results[len(o.Data.Documents):] {
		if d != nil {
			typesIn(&all, d, true)
		}
	}
	return &all
}

// silent reports whether there is nothing to say of a part, and nothing beside its documents.
func (p *part) silent() bool {
	for _, t := range []*tally{&p.errors, &p.checks, &p.warned, &p.outside, &p.reidentified} {
		if len(t.groups) > 0 {
			return false
		}
	}
	for i := p.from; i < p.to; i++ {
		if len(p.Secrets[i]) > 0 || len(p.references[i]) > 0 {
			return false
		}
	}
	return true
}

// keep keeps a part that was run.
func (u *Unit) keep(p *part) {
	if p.key == nil || p.before != nil || !p.silent() {
		return
	}
	k := keptPart{Documents: make([]byte, p.to-p.from), Matched: p.Matched, Selected: p.Selected, Kept: p.kept, Counts: p.run.Counts(), Names: shape.Paths(shape.New(), p.names...)}
	for i := range k.Documents {
		result := p.Results[p.from+i]
		switch extracted := u.Data.Documents[p.from+i]; {
		case result == nil:
			k.Documents[i] = leftOut
		case &result[0] == &extracted[0] && len(result) == len(extracted):
			k.Documents[i] = asItWas
		default:
			k.Documents[i] = changed
		}
		k.Size += len(result)
	}
	p.summary = summarize(u, p, true)
	for t, is := range p.types {
		if is {
			k.Types = append(k.Types, byte(t))
		}
	}
	all := slices.Concat([][]byte{p.summary.sums, p.summary.identities}, p.summary.entries)
	for _, bytes := range all {
		k.Summary = append(k.Summary, len(bytes))
	}
	about, ok := cache.Text(k)
	if !ok {
		return
	}
	u.Job.Cache.Put(p.key, func(w io.Writer) error {
		if _, err := w.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(len(about))), about...)); err != nil {
			return err
		}
		for _, bytes := range all {
			if _, err := w.Write(bytes); err != nil {
				return err
			}
		}
		for i, what := range k.Documents {
			if what != changed {
				continue
			}
			if _, err := w.Write(p.Results[p.from+i]); err != nil {
				return err
			}
			u.Job.Space.Touched(len(p.Results[p.from+i]))
		}
		return nil
	})
}
