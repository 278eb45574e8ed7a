package changeset

// A changelog of Liquibase's MongoDB extension, as XML (liquibase-mongodb-latest.xsd). In:
// a Plan of one database, as Liquibase is connected to one; out: one changeSet, named by
// the plan's digest: preconditions, the commands, and their rollback in the other order,
// or none where a step cannot be taken back. Liquibase runs a changeSet once.

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/runtime/change/view"
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

// Databases are those that a plan writes to, sorted.
func (p Plan) Databases() []string {
	var out []string
	for _, s := range p.Steps {
		out = append(out, s.Command.Database)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Liquibase is the changelog of a plan that writes to one database.
func Liquibase(p Plan) (string, error) {
	var b strings.Builder
	b.WriteString(changelogHead)
	fmt.Fprintf(&b, "  <changeSet id=%s author=\"mongocd\" runInTransaction=\"false\">\n", attribute(p.Digest))
	looks := false
	for _, s := range p.Steps {
		if s.Look.command() == nil {
			continue
		}
		if !looks {
			b.WriteString("    <preConditions onFail=\"HALT\" onError=\"HALT\">\n")
		}
		looks = true
		if strings.Contains(s.Look.Collection, "${") || strings.ContainsFunc(s.Look.Collection, unwritable) {
			return "", fmt.Errorf("the name of %s cannot be written in a changelog", view.Printable(s.Look.Collection))
		}
		if s.Look.Named {
			fmt.Fprintf(&b, "      <not><mongodb:collectionExists collectionName=%s/></not>\n", attribute(s.Look.Collection))
			continue
		}
		fmt.Fprintf(&b, "      <mongodb:expectedDocumentCount collectionName=%s expectedCount=\"%d\"><mongodb:filter>%s</mongodb:filter></mongodb:expectedDocumentCount>\n",
			attribute(s.Look.Collection), s.Found, escaped(text(s.Look.Filter)))
	}
	if looks {
		b.WriteString("    </preConditions>\n")
	}
	fmt.Fprintf(&b, "    <comment>weave %s for %s</comment>\n", escaped(view.Printable(p.Weave)), escaped(view.Printable(p.Environment)))
	for _, s := range p.Steps {
		fmt.Fprintf(&b, "    <mongodb:runCommand><mongodb:command>%s</mongodb:command></mongodb:runCommand>\n", escaped(text(s.Command.Document)))
	}
	if !slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Back == nil }) {
		b.WriteString("    <rollback>\n")
		for _, s := range slices.Backward(p.Steps) {
			for _, command := range s.Back {
				fmt.Fprintf(&b, "      <mongodb:runCommand><mongodb:command>%s</mongodb:command></mongodb:runCommand>\n", escaped(text(command)))
			}
		}
		b.WriteString("    </rollback>\n")
	}
	b.WriteString("  </changeSet>\n</databaseChangeLog>\n")
	return b.String(), nil
}

// escaped is a text as character data. `${…}`, which Liquibase replaces by properties,
// is written with an escape that JSON reads.
func escaped(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(strings.ReplaceAll(s, "${", `\u0024{`))); err != nil {
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
