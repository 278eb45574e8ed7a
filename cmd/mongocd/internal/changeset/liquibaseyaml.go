package changeset

// The same changelog as YAML. In: a Plan of one database; out: the changeSet with names and
// nesting as Liquibase reads them from YAML; every text is a JSON string, which YAML reads.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/runtime/change/view"
)

// LiquibaseYAML is the changelog, as YAML, of a plan that writes to one database.
func LiquibaseYAML(p Plan) (string, error) {
	c, err := p.changelog()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "databaseChangeLog:\n- changeSet:\n    id: %s\n    author: mongocd\n    runInTransaction: false\n    comment: %s\n", quoted(c.id), quoted(c.comment))
	if len(c.looks) > 0 {
		b.WriteString("    preConditions:\n    - onFail: HALT\n    - onError: HALT\n")
		for _, l := range c.looks {
			if l.named {
				fmt.Fprintf(&b, "    - not:\n      - collectionExists:\n          collectionName: %s\n", quoted(l.collection))
				continue
			}
			fmt.Fprintf(&b, "    - expectedDocumentCount:\n        collectionName: %s\n        expectedCount: %d\n        filter: %s\n",
				quoted(l.collection), l.found, quoted(l.filter))
		}
	}
	commands := func(name string, list []string) {
		if len(list) > 0 {
			fmt.Fprintf(&b, "    %s:\n", name)
		}
		for _, command := range list {
			fmt.Fprintf(&b, "    - runCommand:\n        command: %s\n", quoted(command))
		}
	}
	commands("changes", c.commands)
	commands("rollback", c.back)
	return b.String(), nil
}

// quoted is a text as a JSON string with hidden characters as escapes.
func quoted(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		panic(err) // a buffer takes everything, and every text is one of JSON
	}
	return string(view.EscapeJSON(bytes.TrimSuffix(b.Bytes(), []byte("\n"))))
}
