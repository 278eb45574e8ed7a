package prism

// Collections. In: collections_config; out: the heads of `sync` statements.

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hayone1/mongocd/lang/diag"
)

// sync is one statement: its head, and the collection where it is about one.
type sync struct {
	head, collection string
	structure        bool
}

// syncs are the statements of a database. Names are exact in includeCollections,
// expressions that are searched for in the other two lists.
func (c *converter) syncs(d *yaml.Node) []sync {
	config := get(d, "collections_config")
	c.unread(config, "includeCollections", "excludeCollections", "skipCollections", "properties")
	exclude, skip := c.patterns(get(config, "excludeCollections")), c.patterns(get(config, "skipCollections"))
	matches := func(list []*regexp.Regexp, name string) bool {
		return slices.ContainsFunc(list, func(r *regexp.Regexp) bool { return r.MatchString(name) })
	}
	include := items(get(config, "includeCollections"))
	properties := map[string]*yaml.Node{}
	var named []string
	for _, n := range include {
		if scalar(n) == "" {
			c.leave(n, "a collection without a name")
			continue
		}
		named = append(named, scalar(n))
	}
	for _, p := range items(get(config, "properties")) {
		c.unread(p, "name", "unique_index_key", "unique_index_fields", "indices", "excludeIndices", "includeIndices")
		name := scalar(get(p, "name"))
		properties[name] = p
		switch {
		case name == "":
			c.leave(p, "properties of a collection without a name")
		case len(include) > 0 && !slices.Contains(named, name):
			c.leave(p, "properties of %s, which is not in includeCollections", diag.Quote(name, 64))
		case len(include) == 0:
			named = append(named, name)
		}
	}
	var out []sync
	var except []string // what a `sync all` leaves to the others
	for _, name := range named {
		switch {
		case matches(exclude, name):
			c.leave(get(d, "collections_config"), "%s is excluded", diag.Quote(name, 64))
		case matches(skip, name):
			out = append(out, sync{head: nameText(name), collection: name, structure: true})
		default:
			out = append(out, sync{head: nameText(name) + c.identity(properties[name]), collection: name})
		}
		except = append(except, nameText(name))
	}
	if len(include) > 0 {
		return out
	}
	for _, r := range exclude {
		except = append(except, regexText(r.String()))
	}
	for _, r := range skip {
		head := regexText(r.String())
		if len(except) > 0 {
			head += " except " + strings.Join(except, ", ")
		}
		out = append(out, sync{head: head + " expect any", structure: true})
		except = append(except, regexText(r.String()))
	}
	head := "all"
	if len(except) > 0 {
		head += " except " + strings.Join(except, ", ")
	}
	return append(out, sync{head: head + " expect any"}) // which patterns match something, nobody knows here
}

// patterns are a list of Python's expressions, those that are none of RE2 left out.
func (c *converter) patterns(list *yaml.Node) []*regexp.Regexp {
	var out []*regexp.Regexp
	for _, n := range items(list) {
		r, err := regexp.Compile(scalar(n))
		if err != nil || scalar(n) == "" || strings.ContainsAny(scalar(n), "\n\r") {
			c.leave(n, "%s is no regular expression here (RE2)", diag.Quote(scalar(n), 64))
			continue
		}
		out = append(out, r)
	}
	return out
}

// identity is `by` and the fields.
func (c *converter) identity(p *yaml.Node) string {
	for _, name := range []string{"indices", "excludeIndices", "includeIndices"} {
		if n := get(p, name); len(items(n)) > 0 {
			c.leave(n, "%s of %s: write `indexes none`, and `index on …` for each that is wanted", name, diag.Quote(scalar(get(p, "name")), 64))
		}
	}
	var fields []string
	for _, n := range items(get(p, "unique_index_fields")) {
		fields = append(fields, pathText(strings.Split(scalar(n), ".")))
	}
	if len(fields) > 0 {
		return " by " + strings.Join(fields, ", ")
	}
	if n := get(p, "unique_index_key"); scalar(n) != "" && scalar(n) != "_id_" {
		c.leave(n, "unique_index_key: write `by` and the fields of the index %s of %s", diag.Quote(scalar(n), 64), diag.Quote(scalar(get(p, "name")), 64))
	}
	return ""
}
