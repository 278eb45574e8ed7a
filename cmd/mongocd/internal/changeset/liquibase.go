package changeset

// A changelog of Liquibase's MongoDB extension. In: a Plan of one database, as Liquibase is
// connected to one; out: one changeSet, named by the plan's digest: preconditions, the
// commands, and their rollback in the other order, or none where a step cannot be taken
// back; as XML (liquibase-mongodb-latest.xsd) here, as YAML in liquibaseyaml.go. Liquibase
// runs a changeSet once.

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/safe"
)

const changelogHead = `<?xml version="1.0" encoding="UTF-8"?>
<databaseChangeLog
    xmlns="http://www.liquibase.org/xml/ns/dbchangelog"
    xmlns:mongodb="http://www.liquibase.org/xml/ns/mongodb"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-latest.xsd
        http://www.liquibase.org/xml/ns/mongodb http://www.liquibase.org/xml/ns/mongodb/liquibase-mongodb-latest.xsd">
`

// changelog is a changeSet as both forms have it.
type changelog struct {
	id, comment string
	looks       []look
	commands    []string // canonical Extended JSON
	back        []string // in the order in which they are run
}

// look is one precondition.
type look struct {
	collection, filter string
	found              int
	named              bool // there is no such collection
}

// changelog is the plan as a changeSet. `${…}`, which Liquibase replaces by properties, is
// written with an escape that JSON reads; the name of a collection has no such escape.
func (p Plan) changelog() (changelog, error) {
	plain := func(text string) string { return strings.ReplaceAll(text, "${", `\u0024{`) }
	json := func(d bson.Raw) string { return plain(text(d)) }
	c := changelog{id: p.Digest, comment: plain("weave " + change.Clean(p.Weave) + " for " + change.Clean(p.Environment))}
	for _, s := range p.Steps {
		c.commands = append(c.commands, json(s.Command.Document))
		if s.Look.command() == nil {
			continue
		}
		if strings.Contains(s.Look.Collection, "${") || strings.ContainsFunc(s.Look.Collection, unwritable) {
			return c, fmt.Errorf("the name of %s cannot be written in a changelog", change.Clean(s.Look.Collection))
		}
		l := look{collection: s.Look.Collection, found: s.Found, named: s.Look.Named}
		if !l.named {
			l.filter = json(s.Look.Filter)
		}
		c.looks = append(c.looks, l)
	}
	if !slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Back == nil }) {
		for _, s := range slices.Backward(p.Steps) {
			for _, command := range s.Back {
				c.back = append(c.back, json(command))
			}
		}
	}
	return c, nil
}

// Liquibase is the changelog, as XML, of a plan that writes to one database.
func Liquibase(p Plan) (string, error) {
	c, err := p.changelog()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(changelogHead)
	fmt.Fprintf(&b, "  <changeSet id=%s author=\"mongocd\" runInTransaction=\"false\">\n", attribute(c.id))
	if len(c.looks) > 0 {
		b.WriteString("    <preConditions onFail=\"HALT\" onError=\"HALT\">\n")
		for _, l := range c.looks {
			if l.named {
				fmt.Fprintf(&b, "      <not><mongodb:collectionExists collectionName=%s/></not>\n", attribute(l.collection))
				continue
			}
			fmt.Fprintf(&b, "      <mongodb:expectedDocumentCount collectionName=%s expectedCount=\"%d\"><mongodb:filter>%s</mongodb:filter></mongodb:expectedDocumentCount>\n",
				attribute(l.collection), l.found, escaped(l.filter))
		}
		b.WriteString("    </preConditions>\n")
	}
	fmt.Fprintf(&b, "    <comment>%s</comment>\n", escaped(c.comment))
	for _, command := range c.commands {
		fmt.Fprintf(&b, "    <mongodb:runCommand><mongodb:command>%s</mongodb:command></mongodb:runCommand>\n", escaped(command))
	}
	if len(c.back) > 0 {
		b.WriteString("    <rollback>\n")
		for _, command := range c.back {
			fmt.Fprintf(&b, "      <mongodb:runCommand><mongodb:command>%s</mongodb:command></mongodb:runCommand>\n", escaped(command))
		}
		b.WriteString("    </rollback>\n")
	}
	b.WriteString("  </changeSet>\n</databaseChangeLog>\n")
	return b.String(), nil
}

// escaped is a text as character data.
func escaped(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.String()
}

// attribute is a text as an attribute with its quotes, hidden characters as references.
func attribute(s string) string {
	var b strings.Builder
	for _, r := range s {
		if safe.Hidden(r) {
			fmt.Fprintf(&b, "&#x%X;", r)
		} else {
			b.WriteString(escaped(string(r)))
		}
	}
	return `"` + b.String() + `"`
}

// unwritable reports a character that XML 1.0 has no way to write, or that is no text.
func unwritable(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFD || r == 0xFFFE || r == 0xFFFF
}
