package desired

// Reading policies: what filepolicy.go writes, every field checked.

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/doc"
)

// objects reads a list of objects; each gives what to set for a new one.
func objects[T any](name string, v bson.RawValue, set func(t *T, name string, v bson.RawValue) error) ([]T, error) {
	var out []T
	err := doc.EachElement(name, v, func(v bson.RawValue) error {
		t, err := oneObject(name, v, set)
		out = append(out, t)
		return err
	})
	return out, err
}

func oneObject[T any](what string, v bson.RawValue, set func(t *T, name string, v bson.RawValue) error) (T, error) {
	var t T
	d, err := doc.AsObject(what, v)
	if err == nil {
		err = eachField(what, d, func(name string, v bson.RawValue) error { return set(&t, name, v) })
	}
	return t, err
}

func inputOf(i *InputValue, name string, v bson.RawValue) (err error) {
	switch name {
	case "name":
		i.Name, err = doc.AsString(name, v)
	case "type":
		i.Type, err = doc.AsString(name, v)
	case "value":
		var values []bson.RawValue
		if values, err = valuesOf(v); err == nil && len(values) != 1 {
			err = fmt.Errorf("an input has %d values: compile again", len(values))
		}
		if err == nil {
			i.Value = values[0]
		}
	default:
		err = unknownField(name)
	}
	return err
}

func clusterOf(c *Cluster, name string, v bson.RawValue) (err error) {
	switch name {
	case "origin":
		c.Origin, err = doc.AsString(name, v)
	case "pattern":
		c.Pattern, err = doc.AsString(name, v)
	case "options":
		c.Options, err = doc.AsString(name, v)
	default:
		err = unknownField(name)
	}
	return err
}

func commandOf(c *Command, name string, v bson.RawValue) (err error) {
	switch name {
	case "origin":
		c.Origin, err = doc.AsString(name, v)
	case "database":
		c.Database, err = doc.AsString(name, v)
	case "command":
		c.Command, err = doc.AsDocument(name, v)
	case "for":
		c.For, err = doc.AsString(name, v)
	default:
		err = unknownField(name)
	}
	return err
}

func patternOf(p *Pattern, name string, v bson.RawValue) (err error) {
	switch name {
	case "path":
		p.Path, err = doc.AsPath(name, v)
	case "leaf":
		p.Leaf, err = doc.AsString(name, v)
	default:
		err = unknownField(name)
	}
	return err
}

func linkOf(l *Link, name string, v bson.RawValue) (err error) {
	switch name {
	case "origin":
		l.Origin, err = doc.AsString(name, v)
	case "steps":
		l.Steps, err = doc.AsStrings(name, v)
	case "database":
		l.Database, err = doc.AsString(name, v)
	case "collection":
		l.Collection, err = doc.AsString(name, v)
	default:
		err = unknownField(name)
	}
	return err
}

func moveOf(m *Move, name string, v bson.RawValue) (err error) {
	switch name {
	case "origin":
		m.Origin, err = doc.AsString(name, v)
	case "from":
		m.From, err = valuesOf(v)
	case "to":
		m.To, err = valuesOf(v)
	default:
		err = unknownField(name)
	}
	return err
}

func listOf(l *List, name string, v bson.RawValue) (err error) {
	switch name {
	case "origin":
		l.Origin, err = doc.AsString(name, v)
	case "path":
		l.Path, err = doc.AsPath(name, v)
	case "by":
		l.By, err = doc.AsStrings(name, v)
	case "only":
		l.Only, err = doc.AsBool(name, v)
	case "has":
		l.Has, err = valuesOf(v)
	case "without":
		err = doc.EachElement(name, v, func(v bson.RawValue) error {
			key, err := valuesOf(v)
			if err == nil && len(key) != max(1, len(l.By)) {
				err = fmt.Errorf("a key of a list has %d values: compile again", len(key))
			}
			l.Without = append(l.Without, key)
			return err
		})
	default:
		err = unknownField(name)
	}
	return err
}

func ruleOf(r *Rule, name string, v bson.RawValue) (err error) {
	switch name {
	case "name":
		r.Name, err = doc.AsString(name, v)
	case "origin":
		r.Origin, err = doc.AsString(name, v)
	default:
		err = unknownField(name)
	}
	return err
}

// policy reads a field of a collection that is a policy; false: it is none.
func (c *Collection) policy(name string, v bson.RawValue) (known bool, err error) {
	switch name {
	case "lists":
		c.Lists, err = objects(name, v, listOf)
	case "redact":
		c.Redact, err = objects(name, v, patternOf)
	case "omit":
		c.Omit, err = objects(name, v, patternOf)
	case "moves":
		c.Moves, err = objects(name, v, moveOf)
	case "links":
		c.Links, err = objects(name, v, linkOf)
	case "indexesExact":
		c.IndexesExact, err = doc.AsBool(name, v)
	case "declared":
		c.Declared, err = doc.AsStrings(name, v)
	case "dropIndexes":
		c.DropIndexes, err = doc.AsStrings(name, v)
	case "setOptions":
		c.SetOptions, err = doc.AsStrings(name, v)
	case "reads":
		c.Reads, err = doc.AsStrings(name, v)
	case "backupKeep":
		c.BackupKeep, err = doc.AsInt(name, v)
	case "drift":
		c.Drift, err = driftOf(name, v)
	case "before":
		c.Before, err = objects(name, v, commandOf)
	case "after":
		c.After, err = objects(name, v, commandOf)
	case "rules":
		c.Rules, err = objects(name, v, ruleOf)
	default:
		return false, nil
	}
	return true, err
}

// filled is one entry of "secrets" or "links" with the line of its document.
type filled struct {
	line   int64
	secret Secret
	link   LinkedID
}

func filledOf(f *filled, name string, v bson.RawValue) (err error) {
	switch name {
	case "line":
		f.line, err = doc.AsInt(name, v)
	case "path":
		f.secret.Path, err = doc.AsStrings(name, v)
		f.link.Path = f.secret.Path
	case "parts":
		f.secret.Parts, err = objects(name, v, func(p *SecretPart, name string, v bson.RawValue) (err error) {
			switch name {
			case "text":
				p.Text, err = doc.AsString(name, v)
			case "name":
				p.Name, err = doc.AsString(name, v)
			default:
				err = unknownField(name)
			}
			return err
		})
	case "database":
		f.link.Database, err = doc.AsString(name, v)
	case "collection":
		f.link.Collection, err = doc.AsString(name, v)
	case "identity":
		f.link.Identity, err = valuesOf(v)
	default:
		err = unknownField(name)
	}
	return err
}

// fillIn gives secrets and links to their documents.
func (c *Collection) fillIn(secrets, links []filled) error {
	for i, f := range append(secrets, links...) {
		if f.line < 1 || f.line > int64(len(c.Documents)) || len(f.secret.Path) == 0 {
			return fmt.Errorf("collection %s has no line %d for a secret or link: compile again", doc.Show(doc.String(c.Name), 60), f.line)
		}
		d := &c.Documents[f.line-1]
		if i < len(secrets) {
			d.Secrets = append(d.Secrets, f.secret)
		} else {
			d.Links = append(d.Links, f.link)
		}
	}
	return nil
}
