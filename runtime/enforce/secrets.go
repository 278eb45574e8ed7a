package enforce

// Secrets. In: a state whose documents have null where a secret goes, and the
// texts that are given; out: a state with the texts in place, and for every
// document what must not be shown and what is not known. Pure; the rules are
// docs/enforcement.md, Secrets.

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// masked stands for every value that is a secret or has one in it.
const masked = "(secret)"

var maskedJSON = json.RawMessage(`"` + masked + `"`)

// secrets is what is known of the secrets of a collection, by its documents;
// nil when there are none.
type secrets struct {
	// hidden are the paths of secrets, as far as documents go: of one in an array
	// that of the array.
	hidden [][]doc.Path
	// unknown are those of hidden for which something is not given.
	unknown [][]unknown
	// all are the hidden paths of all documents.
	all []doc.Path
}

type unknown struct {
	path  doc.Path
	names []string
}

// withSecrets returns the state with the secrets in place, and what is known of
// them. A value with a name that is not given is a text that no other document has.
func withSecrets(state *desired.State, given map[string]string) (*desired.State, map[*desired.Collection]*secrets) {
	if len(state.SecretNames()) == 0 {
		return state, nil
	}
	filled, known := *state, map[*desired.Collection]*secrets{}
	filled.Collections = slices.Clone(state.Collections)
	for n, c := range state.Collections {
		if !slices.ContainsFunc(c.Documents, func(d desired.Document) bool { return len(d.Secrets) > 0 }) {
			continue
		}
		with := *c
		with.Documents = slices.Clone(c.Documents)
		s := &secrets{hidden: make([][]doc.Path, len(c.Documents)), unknown: make([][]unknown, len(c.Documents))}
		for i := range with.Documents {
			d := &with.Documents[i]
			for _, secret := range d.Secrets {
				text, missing := assembled(secret, given)
				at := documentPath(d.Raw, secret.Path)
				s.hide(i, at, missing)
				if len(missing) > 0 {
					text = "unknown " + strings.Join([]string{strconv.Itoa(n), strconv.Itoa(i), strings.Join(secret.Path, "\x00")}, " ")
				}
				whole := replaced(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d.Raw}, secret.Path, doc.String(text))
				d.Raw = bson.Raw(whole.Value)
			}
		}
		filled.Collections[n] = &with
		known[&with] = s
	}
	return &filled, known
}

// assembled is the text of a secret, and the names in it that are not given.
func assembled(s desired.Secret, given map[string]string) (text string, missing []string) {
	for _, part := range s.Parts {
		value, ok := part.Text, true
		if part.Name != "" {
			value, ok = given[part.Name]
		}
		if !ok && !slices.Contains(missing, part.Name) {
			missing = append(missing, part.Name)
		}
		text += value
	}
	return text, missing
}

// documentPath is the part of a path that enters documents only.
func documentPath(d bson.Raw, path []string) doc.Path {
	for n := 1; n < len(path); n++ {
		if v, ok := doc.Get(d, path[:n]); ok && !isDocument(v) {
			return path[:n:n]
		}
	}
	return path
}

// replaced is v, a document or array, with another value at the path.
func replaced(v bson.RawValue, path []string, by bson.RawValue) bson.RawValue {
	if len(path) == 0 {
		return by
	}
	if !isDocument(v) && v.Type != bson.TypeArray {
		return v
	}
	out := doc.NewBuilder(len(v.Value) + len(by.Value))
	for name, w := range doc.Fields(bson.Raw(v.Value)) {
		if name == path[0] {
			w = replaced(w, path[1:], by)
		}
		out.Append(name, w)
	}
	return bson.RawValue{Type: v.Type, Value: out.Raw()}
}

func (s *secrets) hide(i int, at doc.Path, missing []string) {
	s.hidden[i] = append(s.hidden[i], at)
	s.all = append(s.all, at)
	if len(missing) == 0 {
		return
	}
	n := slices.IndexFunc(s.unknown[i], func(u unknown) bool { return doc.ComparePaths(u.path, at) == 0 })
	if n < 0 {
		n = len(s.unknown[i])
		s.unknown[i] = append(s.unknown[i], unknown{path: at})
	}
	u := &s.unknown[i][n]
	for _, name := range missing {
		if !slices.Contains(u.names, name) {
			u.names = append(u.names, name)
		}
	}
}

// comparing is the policy with which a document that the destination has is
// compared: what is not known is left alone, and told apart.
func (s *secrets) comparing(p *policy, i int) (*policy, []unknown) {
	if s == nil || len(s.unknown[i]) == 0 {
		return p, nil
	}
	with := *p
	with.preserve = slices.Clip(p.preserve)
	var owned []unknown
	for _, u := range s.unknown[i] {
		if p.mode != desired.Insert && !covered(p.preserve, u.path) && !covered(p.ignore, u.path) {
			owned = append(owned, u)
		}
		with.preserve = append(with.preserve, u.path)
	}
	return &with, owned
}

// hides reports whether a value at p is, holds or lies in a secret of document i.
func (s *secrets) hides(i int, p doc.Path) bool { return s != nil && related(s.hidden[i], p) }

// hiddenOf are the paths of secrets of document i.
func (s *secrets) hiddenOf(i int) []doc.Path {
	if s == nil {
		return nil
	}
	return s.hidden[i]
}

func related(paths []doc.Path, p doc.Path) bool {
	return slices.ContainsFunc(paths, func(q doc.Path) bool { return p.HasPrefix(q) || q.HasPrefix(p) })
}

// mask hides values of the changes of document i and adds what is not known,
// sorted by path.
func (s *secrets) mask(i int, leaves []leaf, more []unknown) []Change {
	for _, u := range more {
		leaves = append(leaves, leaf{path: u.path, unknown: u.names})
	}
	slices.SortStableFunc(leaves, func(a, b leaf) int { return doc.ComparePaths(a.path, b.path) })
	changes := make([]Change, len(leaves))
	for n, l := range leaves {
		c := Change{Path: l.path.String(), Unknown: l.unknown, Links: linkItems(l.path, l.links)}
		if l.before.Type != 0 {
			c.Before = canonical(l.before)
		}
		if l.after.Type != 0 {
			c.After = canonical(l.after)
		}
		if s.hides(i, l.path) {
			if c.Before != nil {
				c.Before = maskedJSON
			}
			if c.After != nil {
				c.After = maskedJSON
			}
		}
		changes[n] = c
	}
	return changes
}

// redactor takes out of what a server says what nobody may see: the texts of
// secrets and, where a collection has redacted fields, the key that it quotes.
type redactor struct {
	secrets *strings.Replacer
	keys    bool
}

// Replace returns the message without them.
func (r redactor) Replace(message string) string {
	const quoted, advice = "dup key:", "\nCheck "
	if start := strings.Index(message, quoted); r.keys && start >= 0 {
		rest := ""
		if end := strings.LastIndex(message, advice); end > start {
			rest = message[end:]
		}
		message = message[:start] + quoted + " " + redacted + rest
	}
	return r.secrets.Replace(message)
}

func newRedactor(state *desired.State, given map[string]string) redactor {
	var texts []string
	add := func(text string) {
		quoted, err := json.Marshal(text)
		if text != "" && err == nil { // a text is always JSON
			texts = append(texts, text, string(quoted[1:len(quoted)-1]))
		}
	}
	for _, name := range state.SecretNames() {
		add(given[name])
	}
	slices.SortFunc(texts, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var pairs []string
	for _, text := range slices.Compact(texts) {
		pairs = append(pairs, text, masked)
	}
	keys := slices.ContainsFunc(state.Collections, func(c *desired.Collection) bool { return len(c.Redact) > 0 })
	return redactor{strings.NewReplacer(pairs...), keys}
}

// secretsMissing reports what apply would need and is not given.
func (r *run) secretsMissing() bool {
	var missing []string
	for _, name := range r.state.SecretNames() {
		if _, ok := r.options.Secrets[name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return false
	}
	names := strings.Join(missing, ", ")
	r.report.Conflicts = append(r.report.Conflicts, Conflict{
		Code: SecretMissing, Origin: r.state.SecretOrigin(missing[0]),
		Message: fill(textSecretMissing.message, "names", names), Fix: fill(textSecretMissing.fix, "name", missing[0]),
	})
	return true
}
