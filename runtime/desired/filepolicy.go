package desired

// Writing policies: the optional fields of manifest.json.
//
//	"given": [{"name": …, "type": …, "value": …}], "cluster": {"origin": …, "pattern": …, "options": …},
//	"secrets": [name, …]        for people: the documents say where
//	"sources": [digest of a UUID, …], "before", "after": [{"origin": …, "database": …, "command": …, "for": …}],
//	"apart": [database, …]
//
// of a collection "lists": [{"origin": …, "path": …, "by": [name, …], "only": true, "has": [value, …], "without": [[value, …], …]}], "redact", "omit": [{"path": …} | {"leaf": …}], "moves": [{"origin": …, "from": [value, …], "to": [value, …]}], "links": [{"origin": …, "steps": […], "database": …,
// "collection": …}], "indexesExact", "declared", "dropIndexes", "setOptions", "reads", "backupKeep", "drift", "before", "after",
// "rules": [{"name": …, "origin": …}]; of its documents
//
//	"secrets": [{"line": …, "path": […], "parts": [{"text": …} | {"name": …}]}],
//	"links":   [{"line": …, "path": […], "database": …, "collection": …, "identity": [value, …]}]

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// appendList leaves an empty list out.
func appendList[T any](b *doc.Builder, name string, of []T, value func(T) bson.RawValue) {
	if len(of) > 0 {
		b.AppendArray(name, list(of, value)...)
	}
}

func appendText(b *doc.Builder, name, s string) *doc.Builder {
	if s != "" {
		b.AppendString(name, s)
	}
	return b
}

// held are values in a document of their own, so that those which Extended JSON
// cannot carry are kept as well.
func held(values ...bson.RawValue) bson.RawValue {
	return doc.Embed(new(doc.Builder).AppendArray("are", values...).Raw())
}

func appendStatePolicies(b *doc.Builder, s *State) {
	appendList(b, "given", s.Inputs, func(i InputValue) bson.RawValue {
		return object(new(doc.Builder).AppendString("name", i.Name).AppendString("type", i.Type).Append("value", held(i.Value)))
	})
	appendList(b, "secrets", s.SecretNames(), doc.String)
	if c := s.Cluster; c != nil {
		b.Append("cluster", object(appendText(new(doc.Builder).AppendString("origin", c.Origin).AppendString("pattern", c.Pattern), "options", c.Options)))
	}
	appendList(b, "sources", s.Sources, doc.String)
	appendCommands(b, s.Before, s.After)
	appendList(b, "apart", s.Apart, doc.String)
}

func appendCommands(b *doc.Builder, before, after []Command) {
	value := func(c Command) bson.RawValue {
		return object(appendText(new(doc.Builder).AppendString("origin", c.Origin).AppendString("database", c.Database).Append("command", doc.Embed(c.Command)), "for", c.For))
	}
	appendList(b, "before", before, value)
	appendList(b, "after", after, value)
}

func appendPolicies(b *doc.Builder, c *Collection) {
	pattern := func(p Pattern) bson.RawValue {
		if p.Leaf != "" {
			return object(new(doc.Builder).AppendString("leaf", p.Leaf))
		}
		return object(new(doc.Builder).Append("path", p.Path.Value()))
	}
	appendList(b, "lists", c.Lists, func(l List) bson.RawValue {
		of := new(doc.Builder).AppendString("origin", l.Origin).Append("path", l.Path.Value())
		appendList(of, "by", l.By, doc.String)
		if l.Only {
			of.Append("only", boolean(true))
		}
		if len(l.Has) > 0 {
			of.Append("has", held(l.Has...))
		}
		appendList(of, "without", l.Without, func(key []bson.RawValue) bson.RawValue { return held(key...) })
		return object(of)
	})
	appendList(b, "redact", c.Redact, pattern)
	appendList(b, "omit", c.Omit, pattern)
	appendList(b, "moves", c.Moves, func(m Move) bson.RawValue {
		return object(new(doc.Builder).AppendString("origin", m.Origin).Append("from", held(m.From...)).Append("to", held(m.To...)))
	})
	appendList(b, "links", c.Links, func(l Link) bson.RawValue {
		return object(new(doc.Builder).AppendString("origin", l.Origin).AppendArray("steps", list(l.Steps, doc.String)...).
			AppendString("database", l.Database).AppendString("collection", l.Collection))
	})
	if c.IndexesExact {
		b.Append("indexesExact", boolean(true))
	}
	appendList(b, "declared", c.Declared, doc.String)
	appendList(b, "dropIndexes", c.DropIndexes, doc.String)
	appendList(b, "setOptions", c.SetOptions, doc.String)
	appendList(b, "reads", c.Reads, doc.String)
	if c.BackupKeep > 0 {
		b.Append("backupKeep", whole(c.BackupKeep))
	}
	if c.Drift != "" {
		b.AppendString("drift", string(c.Drift))
	}
	appendCommands(b, c.Before, c.After)
	appendList(b, "rules", c.Rules, func(r Rule) bson.RawValue {
		return object(new(doc.Builder).AppendString("name", r.Name).AppendString("origin", r.Origin))
	})
}

// appendFilledIn adds what the artefact fills in, each with the line of its document.
func appendFilledIn(b *doc.Builder, documents []Document) {
	var secrets, links []bson.RawValue
	for i, d := range documents {
		at := func(path []string) *doc.Builder {
			return new(doc.Builder).Append("line", whole(int64(i+1))).AppendArray("path", list(path, doc.String)...)
		}
		for _, s := range d.Secrets {
			secrets = append(secrets, object(at(s.Path).AppendArray("parts", list(s.Parts, func(p SecretPart) bson.RawValue {
				if p.Name != "" {
					return object(new(doc.Builder).AppendString("name", p.Name))
				}
				return object(new(doc.Builder).AppendString("text", p.Text))
			})...)))
		}
		for _, l := range d.Links {
			links = append(links, object(at(l.Path).AppendString("database", l.Database).AppendString("collection", l.Collection).
				Append("identity", held(l.Identity...))))
		}
	}
	if len(secrets) > 0 {
		b.AppendArray("secrets", secrets...)
	}
	if len(links) > 0 {
		b.AppendArray("links", links...)
	}
}
