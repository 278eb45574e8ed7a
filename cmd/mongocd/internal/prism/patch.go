package prism

// Selectors and patches. In: `render`; out: the statements of a `sync`.

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hayone1/mongocd/lang/diag"
)

// rules are what `render` says of a collection of a database, which has a name in
// the configuration and one at the source; collection is empty for those without a
// `sync` of their own.
func (c *converter) rules(name, from, collection string) []string {
	var all []string
	for _, r := range c.render {
		var out []string
		for _, s := range items(r.exclude) {
			if cond, here, ok := c.selector(s, name, from, collection); here && ok {
				if cond == "" {
					c.leave(s, "a whole collection is excluded: `sync` it in a `from … into per environment { … }` of the others")
					continue
				}
				out = append(out, "except where "+cond)
			}
		}
		for _, p := range items(r.postRenderers) {
			c.unread(p, "kustomize", "starlark")
			if n := get(p, "starlark"); n != nil && n.Tag != "!!null" {
				c.leave(n, "starlark: write what it does with set, create, remove, where and each")
			}
			for _, patch := range items(get(get(p, "kustomize"), "patches")) {
				out = append(out, c.patch(patch, name, from, collection)...)
			}
		}
		for _, v := range items(r.validators) {
			out = append(out, c.validator(v, name, from, collection)...)
		}
		if len(out) == 0 {
			continue
		}
		if r.name != "" {
			out = append(append([]string{"for " + nameText(r.name) + " {"}, out...), "}")
		}
		all = append(all, out...)
	}
	return all
}

// selector is the condition of a selector, empty where it has none; here: it is about
// this collection. Only a selector without `collection` is about those without a `sync` of their own.
func (c *converter) selector(s *yaml.Node, name, from, collection string) (cond string, here, ok bool) {
	here, ok = true, true
	var conds []string
	eachField(s, func(field, value *yaml.Node) {
		switch field.Value {
		case "database":
			here = here && (scalar(value) == name || scalar(value) == from)
		case "collection":
			here = here && scalar(value) == collection
		}
	})
	if !here {
		return "", false, true
	}
	eachField(s, func(field, value *yaml.Node) {
		switch field.Value {
		case "database", "collection":
		case "filename":
			c.leave(field, "a selector by filename: name the fields of the documents")
			ok = false
		case "key":
			if value.Kind != yaml.MappingNode {
				c.leave(field, "a selector by key %s: name the field, such as `name == …`", diag.Quote(scalar(value), 64))
				ok = false
				return
			}
			eachField(value, func(field, value *yaml.Node) { c.equal(&conds, &ok, strings.Split(field.Value, "."), value) })
		default:
			c.equal(&conds, &ok, []string{field.Value}, value)
		}
	})
	return strings.Join(conds, " and "), true, ok
}

// equal adds that a field is a value, or that those of an object are.
func (c *converter) equal(conds *[]string, ok *bool, path []string, value *yaml.Node) {
	if _, is := wrapped(value); value.Kind == yaml.MappingNode && len(value.Content) > 0 && !is {
		eachField(value, func(field, value *yaml.Node) { c.equal(conds, ok, append(slices.Clone(path), field.Value), value) })
		return
	}
	v, fine := c.value(value)
	*ok = *ok && fine
	*conds = append(*conds, pathText(path)+" == "+v)
}

// patch is what one patch does, in a `where` of its target.
func (c *converter) patch(p *yaml.Node, name, from, collection string) []string {
	c.unread(p, "target", "patch", "path", "options")
	cond, here, ok := c.selector(get(p, "target"), name, from, collection)
	if !here || !ok {
		return nil
	}
	body := c.body(p)
	if body == nil {
		return nil
	}
	var out, tests []string
	switch body.Kind {
	case yaml.SequenceNode:
		out, tests, ok = c.operations(body)
	case yaml.MappingNode:
		out, ok = c.merge(body, nil)
	default:
		c.leave(p, "a patch is a list of operations or an object")
		return nil
	}
	if !ok || len(out) == 0 {
		return nil // said why; half of a patch is none
	}
	if cond != "" {
		tests = append([]string{cond}, tests...)
	}
	if len(tests) > 0 {
		out = append(append([]string{"where " + strings.Join(tests, " and ") + " {"}, out...), "}")
	}
	return out
}

// body is a patch as YAML: inline, as a text of YAML, or in a file of overlays/.
func (c *converter) body(p *yaml.Node) *yaml.Node {
	n := get(p, "patch")
	if n != nil && n.Kind != yaml.ScalarNode {
		return n
	}
	code, at := scalar(n), n
	if name := get(p, "path"); strings.TrimSpace(code) == "" && scalar(name) != "" {
		at = name
		data, err := c.overlay(scalar(name))
		if err != nil {
			c.leave(at, "the patch %s cannot be read: %s", diag.Quote(scalar(name), 120), diag.Safe(err.Error(), 120))
			return nil
		}
		code = string(data)
	}
	if strings.TrimSpace(code) == "" {
		return nil
	}
	var file yaml.Node
	if err := yaml.Unmarshal([]byte(code), &file); err != nil || len(file.Content) != 1 || alias(&file) != nil {
		c.leave(at, "the patch is no YAML, or has aliases")
		return nil
	}
	placed(&file, at.Line)
	return file.Content[0]
}

// placed gives the nodes of a text within the file the line of that text.
func placed(n *yaml.Node, line int) {
	n.Line = line
	for _, child := range n.Content {
		placed(child, line)
	}
}

// operations are those of a JSON patch (RFC 6902); tests are its conditions.
func (c *converter) operations(list *yaml.Node) (out, tests []string, ok bool) {
	for _, o := range items(list) {
		op, path := scalar(get(o, "op")), pointer(scalar(get(o, "path")))
		if len(path) == 0 {
			c.leave(o, "an operation on the whole document: write `set` for each field")
			return nil, nil, false
		}
		value := "null"
		if n := get(o, "value"); n != nil {
			if value, ok = c.value(n); !ok {
				return nil, nil, false
			}
		}
		last, at := path[len(path)-1], pathText(path)
		switch {
		case op == "add" && last == "-":
			out = append(out, "add "+value+" to "+pathText(path[:len(path)-1]))
		case slices.Contains(path, "-"), (op == "add" || op == "move" || op == "copy" || op == "remove") && position.MatchString(last):
			c.leave(o, "the operation %s on a position of an array: choose the element by what it is, with `each … where …`", diag.Quote(op, 20))
			return nil, nil, false
		case op == "add":
			out = append(out, "create "+at+" = "+value)
		case op == "replace":
			out = append(out, "set "+at+" = "+value)
		case op == "remove":
			out = append(out, "remove "+at)
		case op == "move":
			out = append(out, "rename "+pathText(pointer(scalar(get(o, "from"))))+" to "+at)
		case op == "copy":
			out = append(out, "create "+at+" = "+pathText(pointer(scalar(get(o, "from")))))
		case op == "test":
			tests = append(tests, at+" == "+value)
		default:
			c.leave(o, "the operation %s is none of JSON patches", diag.Quote(op, 20))
			return nil, nil, false
		}
	}
	return out, tests, true
}

// pointer is the path of a JSON pointer (RFC 6901).
func pointer(text string) []string {
	if !strings.HasPrefix(text, "/") {
		return nil
	}
	path := strings.Split(text[1:], "/")
	for i, step := range path {
		path[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
	}
	return path
}

// merge is a strategic merge: an object within an object goes on, null removes, all else is written as a whole.
func (c *converter) merge(body *yaml.Node, path []string) (out []string, ok bool) {
	ok = true
	eachField(body, func(field, value *yaml.Node) {
		at := append(slices.Clone(path), field.Value)
		if strings.HasPrefix(field.Value, "$") && wrappers[field.Value] == "" {
			c.leave(field, "the directive %s of a strategic merge", diag.Quote(field.Value, 40))
			ok = false
			return
		}
		_, is := wrapped(value)
		switch {
		case value.Tag == "!!null":
			out = append(out, "remove "+pathText(at))
		case value.Kind == yaml.MappingNode && len(value.Content) > 0 && !is:
			inner, fine := c.merge(value, at)
			out, ok = append(out, inner...), ok && fine
		default:
			v, fine := c.value(value)
			ok = ok && fine
			out = append(out, fmt.Sprintf("set %s = %s", pathText(at), v))
		}
	})
	return out, ok
}
