package prism

// Validators. In: `cue` and `starlarkrun`; out: `check` statements for the CUE that is
// a list of fields with simple constraints. Of a program one would have to know what it does.

import (
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (c *converter) validator(v *yaml.Node, name, from, collection string) []string {
	if n := get(v, "starlarkrun"); n != nil && len(n.Content) > 0 {
		c.leave(n, "starlarkrun: write what it demands with check")
	}
	cue := get(v, "cue")
	if n := get(cue, "configPath"); scalar(n) != "" {
		c.leave(n, "cue in a file: write what it demands with check")
		return nil
	}
	source := get(get(cue, "configMap"), "source")
	if strings.TrimSpace(scalar(source)) == "" {
		return nil
	}
	var cond string
	if selectors := items(get(cue, "selectors")); len(selectors) > 0 {
		var any []string
		for _, s := range selectors {
			one, here, ok := c.selector(s, name, from, collection)
			switch {
			case !ok:
				return nil
			case here && one == "":
				any = append(any, "true")
			case here:
				any = append(any, "("+one+")")
			}
		}
		if len(any) == 0 {
			return nil
		}
		if cond = strings.Join(any, " or "); strings.Contains(cond, "true") {
			cond = ""
		}
	}
	var out []string
	for line := range strings.Lines(scalar(source)) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " //")
		if line == "" || strings.HasPrefix(line, "//") || strings.HasPrefix(line, "package ") {
			continue
		}
		check, ok := constraint(line)
		if !ok {
			c.leave(source, "cue: %s: write what it demands with check", text(line))
			return nil // half of a validator is none
		}
		if cond != "" {
			check = "not (" + cond + ") or " + check
		}
		out = append(out, "check "+check)
	}
	return out
}

var (
	cueField  = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*(?:: [A-Za-z_][A-Za-z0-9_]*)*)(\?)?:\s*(\S.*)$`)
	cueBound  = regexp.MustCompile(`^(<=|>=|<|>|!=)\s*(-?\d+(?:\.\d+)?)$`)
	cueMatch  = regexp.MustCompile(`^=~\s*("(?:[^"\\]|\\.)*")$`)
	cueString = regexp.MustCompile(`^(!=\s*)?("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null)$`)
)

// cueTypes are the types of CUE.
var cueTypes = map[string]string{"string": "is string", "bool": "is bool", "number": "is number"}

// constraint is a line of CUE as a condition: FIELD: A & B, or FIELD: A | B.
func constraint(line string) (string, bool) {
	m := cueField.FindStringSubmatch(line)
	if m == nil {
		return "", false
	}
	path := pathText(strings.Split(m[1], ": "))
	parts, joined := strings.Split(m[3], " & "), " and "
	if strings.Contains(m[3], "|") {
		if strings.Contains(m[3], "&") {
			return "", false
		}
		parts, joined = strings.Split(m[3], "|"), " or "
	}
	for i, part := range parts {
		part = strings.TrimPrefix(strings.TrimSpace(part), "*") // a default, which a validator has no use for
		switch bound, match, constant := cueBound.FindStringSubmatch(part), cueMatch.FindStringSubmatch(part), cueString.FindStringSubmatch(part); {
		case part == "int":
			parts[i] = "(" + path + " is int or " + path + " is long)"
		case cueTypes[part] != "":
			parts[i] = path + " " + cueTypes[part]
		case bound != nil:
			parts[i] = path + " " + bound[1] + " " + bound[2]
		case match != nil:
			pattern, err := strconv.Unquote(match[1])
			if err != nil || strings.ContainsAny(pattern, "\n\r") || pattern == "" {
				return "", false
			}
			if _, err := regexp.Compile(pattern); err != nil {
				return "", false
			}
			parts[i] = path + " matches " + regexText(pattern)
		case constant != nil:
			value := constant[2]
			if strings.HasPrefix(value, `"`) {
				s, err := strconv.Unquote(value)
				if err != nil {
					return "", false
				}
				value = text(s)
			}
			op := "=="
			if constant[1] != "" {
				op = "!="
			}
			parts[i] = path + " " + op + " " + value
		default:
			return "", false
		}
	}
	check := strings.Join(parts, joined)
	if m[2] != "" {
		return "(" + path + " is missing or (" + check + "))", true
	}
	if len(parts) > 1 {
		return "(" + check + ")", true
	}
	return check, true
}
