// Package prism makes a weave of a weaveconfig.yml, the configuration of MongoPrismSync.
//
// In: the file, and what reads the patches that it names. Out: the text of a weave in
// the one style, and what has no counterpart or cannot be seen from the file, with its
// lines. docs/coming-from-mongoprismsync.md says what becomes of what. Nothing of a
// connection string is taken over.
//
// patch.go has selectors and patches, cue.go validators, values.go values and paths.
package prism

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hayone1/mongocd/compiler/propose"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/format"
	"github.com/hayone1/mongocd/lang/source"
)

// Left is something of the configuration that the weave does not say.
type Left struct {
	Line    int // from 1
	Message string
}

// converter is one configuration while it is converted.
type converter struct {
	overlay func(name string) ([]byte, error)
	left    []Left
	b       strings.Builder
	render  []renderer
}

// renderer is what `render` says of an environment; name is empty for `all`.
type renderer struct {
	name                               string
	exclude, postRenderers, validators *yaml.Node
}

func (c *converter) leave(at *yaml.Node, message string, args ...any) {
	c.left = append(c.left, Left{at.Line, fmt.Sprintf(message, args...)})
}

func (c *converter) line(text string, args ...any) { fmt.Fprintf(&c.b, text+"\n", args...) }

// Convert makes the weave, and its name. overlay reads a file of overlays/. The error is one of the
// YAML, with its line, or that it is no such configuration.
func Convert(data []byte, overlay func(name string) ([]byte, error)) (name, weave string, left []Left, err error) {
	var file yaml.Node
	if err := yaml.Unmarshal(data, &file); err != nil {
		return "", "", nil, fmt.Errorf("this is no YAML: %s", diag.Safe(strings.TrimPrefix(err.Error(), "yaml: "), 200))
	}
	if len(file.Content) == 0 || get(file.Content[0], "spec") == nil {
		return "", "", nil, errors.New("this is no configuration of MongoPrismSync: it has no `spec` (kind: WeaveConfig)")
	}
	if at := alias(&file); at != nil {
		return "", "", nil, fmt.Errorf("line %d: the alias *%s: write the value out that it stands for", at.Line, diag.Safe(at.Value, 64))
	}
	root := file.Content[0]
	spec := get(root, "spec")
	c := &converter{overlay: overlay}
	c.renderers(get(spec, "render"))
	name = propose.Name(scalar(get(get(root, "metadata"), "name")))
	c.line("weave %s", nameText(name))
	var environments []string
	for _, r := range c.render {
		if r.name != "" {
			environments = append(environments, nameText(r.name))
		}
	}
	if len(environments) == 0 {
		environments = []string{"prod"}
		c.leave(spec, "`render` names no environment; the weave has one, prod")
	}
	c.line("environments %s\n", strings.Join(environments, ", "))
	c.general(spec)
	databases := get(spec, "databaseConfigs")
	if len(items(databases)) == 0 {
		c.leave(spec, "there are no `databaseConfigs`: write a `from … into … { }` yourself")
	}
	for _, d := range items(databases) {
		c.database(d)
	}
	for _, r := range c.render {
		for _, v := range items(r.validators) {
			c.unread(v, "cue", "starlarkrun")
		}
	}
	slices.SortFunc(c.left, func(a, b Left) int { return cmp.Or(a.Line-b.Line, cmp.Compare(a.Message, b.Message)) })
	c.left = slices.Compact(c.left)
	text, faults := format.Format(source.NewFile("weave", c.head()+c.b.String()))
	if len(faults) > 0 {
		return "", "", nil, fmt.Errorf("the weave that was made of it is not valid (%s): this is a mistake in mongocd; please report it with the file", diag.Safe(faults[0].Message, 200))
	}
	return name, text, c.left, nil
}

// alias is the first alias in a file, nil where there is none: with them a short text can be a value without end.
func alias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n
	}
	for _, child := range n.Content {
		if at := alias(child); at != nil {
			return at
		}
	}
	return nil
}

// head is the comment that says what is to be done by hand.
func (c *converter) head() string {
	var b strings.Builder
	b.WriteString("# From a weaveconfig.yml of MongoPrismSync. Next: mongocd extract, then mongocd check, which holds every rule against the data:\n" +
		"# a `set` of a field that no document has is to be a `create`, say.\n")
	if len(c.left) > 0 {
		b.WriteString("#\n# Not taken over:\n")
	}
	for _, l := range c.left {
		fmt.Fprintf(&b, "#   line %d: %s\n", l.Line, l.Message)
	}
	return b.String() + "\n"
}

// general is what stands in spec for all databases.
func (c *converter) general(spec *yaml.Node) {
	c.unread(spec, "source_conn_string", "destination_conn_string", "connectivityRetry", "remote_template", "secretVars", "databaseConfigs", "render")
	for _, field := range []struct{ name, variable string }{{"source_conn_string", "MONGOCD_SOURCE_URI"}, {"destination_conn_string", "MONGOCD_DESTINATION_URI"}} {
		if n := get(spec, field.name); scalar(n) != "" {
			c.leave(n, "%s: set the variable %s; connection strings are not in files", field.name, field.variable)
		}
	}
	if n := get(spec, "remote_template"); scalar(n) != "" && !strings.Contains(scalar(n), "/hayone1/MongoPrismSync/") {
		c.leave(n, "remote_template: generated code has no templates")
	}
	eachField(get(spec, "secretVars"), func(name, _ *yaml.Node) {
		c.leave(name, "secretVars: write secret(%s) where the value is wanted", text(name.Value))
	})
}

func (c *converter) renderers(render *yaml.Node) {
	eachField(render, func(name, value *yaml.Node) {
		r := renderer{name: name.Value, exclude: get(value, "exclude"), postRenderers: get(value, "postRenderers"), validators: get(value, "validators")}
		if r.name == "all" {
			r.name = ""
			c.render = slices.Insert(c.render, 0, r)
		} else {
			c.render = append(c.render, r)
		}
		c.unread(value, "exclude", "postRenderers", "validators")
	})
}

// unread leaves fields that nobody knows.
func (c *converter) unread(n *yaml.Node, known ...string) {
	eachField(n, func(name, _ *yaml.Node) {
		if !slices.Contains(known, name.Value) {
			c.leave(name, "%s: MongoPrismSync has no such field here", diag.Quote(name.Value, 64))
		}
	})
}

// database is one entry of databaseConfigs.
func (c *converter) database(d *yaml.Node) {
	c.unread(d, "name", "skip", "source_authdb", "source_db", "destination_db", "create_index", "cleanup_backup", "preCollectionCommands", "postCollectionCommands", "shard", "collections_config", "replicate_mode")
	if scalar(get(d, "skip")) == "true" {
		c.leave(d, "the database %s is skipped", diag.Quote(scalar(get(d, "name")), 64))
		return
	}
	from, into := scalar(get(d, "source_db")), scalar(get(d, "destination_db"))
	if from == "" || into == "" {
		c.leave(d, "source_db or destination_db is empty: there is no `from` block for it")
		return
	}
	if n := get(d, "source_authdb"); scalar(n) != "" && scalar(n) != "admin" {
		c.leave(n, "source_authdb: write authSource=%s into the connection string", diag.Safe(scalar(n), 64))
	}
	if n := get(d, "cleanup_backup"); scalar(n) == "false" {
		c.leave(n, "cleanup_backup: a run keeps a journal in place of copied collections (`backup keep 20`, mongocd undo)")
	}
	if n := get(get(d, "shard"), "database"); scalar(n) == "true" {
		c.leave(n, "shard.database: write before { run { enableSharding: %s } on admin }", text(into))
	}
	for _, command := range items(get(get(d, "shard"), "commands")) {
		c.leave(command, "shard.commands: write before { run { shardCollection: …, key: … } on admin } for %s", diag.Quote(scalar(get(command, "name")), 64))
	}
	c.line("from %s into %s {", nameText(from), nameText(into))
	c.command(get(d, "preCollectionCommands"), "before")
	c.command(get(d, "postCollectionCommands"), "after")
	switch n := get(d, "create_index"); scalar(n) {
	case "", "true", "add":
	case "replace":
		c.line("indexes exact")
	case "false", "remove":
		c.line("indexes none")
	default:
		c.leave(n, "create_index: %s is not known", diag.Quote(scalar(n), 40))
	}
	for _, s := range c.syncs(d) {
		rules := []string{"mode structure"}
		if !s.structure {
			rules = c.rules(scalar(get(d, "name")), from, s.collection)
		}
		if len(rules) == 0 {
			c.line("sync %s", s.head)
			continue
		}
		c.line("sync %s {\n%s\n}", s.head, strings.Join(rules, "\n"))
	}
	c.line("}\n")
}

var runCommand = regexp.MustCompile(`^\s*db\.runCommand\(\s*(\{.*\})\s*\)\s*;?\s*$`)

// command makes a `run` of db.runCommand({ … }) with constants; of other JavaScript it does not.
func (c *converter) command(n *yaml.Node, word string) {
	code := strings.TrimSpace(scalar(n))
	if code == "" || strings.Join(strings.Fields(code), "") == "db.runCommand({ping:1});" {
		return
	}
	if m := runCommand.FindStringSubmatch(code); m != nil {
		var command yaml.Node
		if err := yaml.Unmarshal([]byte(m[1]), &command); err == nil && len(command.Content) == 1 && plain(command.Content[0]) {
			if value, ok := c.value(command.Content[0]); ok {
				c.line("%s { run %s }", word, value)
				return
			}
		}
	}
	c.leave(n, "JavaScript is not run: write %s { run { COMMAND: … } } for what it does", word)
}

// plain reports whether a text of JavaScript is read by YAML as it is meant: without
// calls, operators and templates in bare words.
func plain(n *yaml.Node) bool {
	if n.Kind == yaml.ScalarNode {
		return n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 || !strings.ContainsAny(n.Value, "()`+*/=;'\" ")
	}
	return !slices.ContainsFunc(n.Content, func(n *yaml.Node) bool { return !plain(n) })
}
