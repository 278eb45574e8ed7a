package desired

// The digest of all that a state can write or run, from what the engine itself
// holds: it binds an approval to the data, however an artefact was edited. In: a
// state as it was compiled; out: SHA-256. The rules are docs/state.md, The plan's
// digest.

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/pattern"
)

// content is one text or document after the other, each behind its length, so that
// none can pass for a part of another.
type content struct{ h hash.Hash }

func (c content) bytes(b []byte) {
	c.h.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(b))))
	c.h.Write(b)
}

func (c content) texts(list ...string) {
	for _, s := range list {
		c.bytes([]byte(s))
	}
}

func (c content) count(n int) { c.texts(strconv.Itoa(n)) }

func (c content) list(names []string) {
	c.count(len(names))
	c.texts(names...)
}

func (c content) paths(paths []doc.Path) {
	c.count(len(paths))
	for _, p := range paths {
		c.list(p)
	}
}

func (c content) document(d bson.Raw) {
	if len(d) == 0 {
		d = doc.Empty
	}
	c.bytes(d)
}

func (c content) values(values []bson.RawValue) {
	c.document(doc.NewBuilder(64).AppendArray("values", values...).Raw())
}

// ContentDigest is SHA-256 of all that the state can write or run. The error is for a
// pattern that JavaScript does not have.
func (s *State) ContentDigest() ([]byte, error) {
	c := content{sha256.New()}
	c.texts("mongocd content", s.Weave, s.Environment, s.Compiler)
	if s.Cluster != nil {
		script, err := pattern.Script(s.Cluster.Pattern, s.Cluster.Options) // what a script matches with
		if err != nil {
			return nil, err
		}
		c.texts("cluster", s.Cluster.Pattern, s.Cluster.Options, script)
	}
	c.list(s.Sources)
	c.commands(s.Before)
	c.commands(s.After)
	c.count(len(s.Collections))
	for _, of := range s.Collections {
		c.collection(of)
	}
	return c.h.Sum(nil), nil
}

func (c content) commands(commands []Command) {
	c.count(len(commands))
	for _, h := range commands {
		c.texts(h.Database)
		c.document(h.Command)
	}
}

func (c content) collection(of *Collection) {
	c.texts(of.Database, of.Name, string(of.Mode))
	c.document(of.Options)
	c.count(len(of.Indexes))
	for _, index := range of.Indexes {
		c.document(index)
	}
	for _, paths := range [][]doc.Path{of.Identity, of.Preserve, of.Ignore, of.Absent, of.Known} {
		c.paths(paths)
	}
	for _, patterns := range [][]Pattern{of.Redact, of.Omit} {
		c.count(len(patterns))
		for _, p := range patterns {
			if p.Leaf != "" {
				c.texts("name", p.Leaf)
			} else {
				c.texts("path")
				c.list(p.Path)
			}
		}
	}
	if len(of.Lists) > 0 { // so that states without have the digests that they had
		c.texts("lists")
		c.count(len(of.Lists))
	}
	for _, l := range of.Lists {
		c.list(l.Path)
		c.list(l.By)
		c.texts(strconv.FormatBool(l.Only))
		c.values(l.Has)
		c.count(len(l.Without))
		for _, key := range l.Without {
			c.values(key)
		}
	}
	c.texts(strconv.FormatBool(of.IndexesExact))
	for _, names := range [][]string{of.Declared, of.DropIndexes, of.SetOptions, of.Reads} {
		c.list(names)
	}
	c.texts(strconv.FormatInt(of.BackupKeep, 10))
	if of.Drift != "" { // as lists
		c.texts("drift", string(of.Drift))
	}
	if p := of.Prune; p == nil {
		c.texts("no prune")
	} else {
		c.texts("prune", strconv.FormatInt(p.AtMost, 10), strconv.FormatBool(p.Percent))
		c.document(p.Filter)
		c.cond(p.Where)
	}
	c.commands(of.Before)
	c.commands(of.After)
	c.count(len(of.Moves))
	for _, m := range of.Moves {
		c.values(m.From)
		c.values(m.To)
	}
	c.count(len(of.Documents))
	for i, d := range of.Documents {
		sum := of.sum(i)
		c.bytes(sum[:])
		c.filledIn(i, d)
	}
}

// filledIn is what the artefact puts into a document: names and places.
func (c content) filledIn(i int, d Document) {
	for _, s := range d.Secrets {
		c.texts("secret")
		c.count(i)
		c.list(s.Path)
		c.count(len(s.Parts))
		for _, p := range s.Parts {
			c.texts(p.Text, p.Name)
		}
	}
	for _, l := range d.Links {
		c.texts("link")
		c.count(i)
		c.list(l.Path)
		c.texts(l.Database, l.Collection)
		c.values(l.Identity)
	}
}

func (c content) cond(of *Cond) {
	if of == nil {
		c.texts("no condition")
		return
	}
	c.texts("condition", string(of.Op), of.Word)
	c.list(of.Path)
	c.values(of.Values)
	c.count(len(of.Args))
	for _, arg := range of.Args {
		c.cond(arg)
	}
}
