package compare

// Secrets. In: a state whose documents have null where a secret goes, and the
// texts that are given; out: a state with the texts in place, and for every
// document where they are, which are not known, and what it is compared by then.
// Pure; the rules are docs/enforcement.md, Secrets.

import (
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
)

// secrets is what is known of the secrets of a collection; nil when there are none.
type secrets struct {
	places [][]secretPlace // of each document
	all    []doc.Path      // their paths, each once
	names  [][]string      // of each of all, the names that go there; nil: not the same in all documents
}

// secretPlace is one secret of a document.
type secretPlace struct {
	path  []string // positions in decimal
	live  []string // where the destination may have it; nil: at the path
	parts []desired.SecretPart
	// owner is the path as far as documents go: of one in an array that of the array.
	owner   doc.Path
	missing []string // names that are not given
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
		s, seen := &secrets{places: make([][]secretPlace, len(c.Documents))}, map[string]int{}
		for i := range with.Documents {
			d := &with.Documents[i]
			for _, secret := range d.Secrets {
				text, missing := assembled(secret, given)
				s.places[i] = append(s.places[i], secretPlace{path: secret.Path, parts: secret.Parts, owner: documentPath(with.Raw(i), secret.Path), missing: missing})
				names := namesOf(secret.Parts)
				key := knownKey(secret.Path)
				if at, ok := seen[key]; !ok {
					seen[key], s.all, s.names = len(s.all), append(s.all, secret.Path), append(s.names, names)
				} else if !slices.Equal(s.names[at], names) {
					s.names[at] = nil
				}
				if len(missing) > 0 {
					text = "unknown " + strings.Join([]string{strconv.Itoa(n), strconv.Itoa(i), strings.Join(secret.Path, "\x00")}, " ")
				}
				d.Raw = doc.Replace(with.Raw(i), secret.Path, doc.String(text))
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

// namesOf are the names of the secrets in a text, each once.
func namesOf(parts []desired.SecretPart) (names []string) {
	for _, p := range parts {
		if p.Name != "" && !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

// documentPath is the part of a path that enters documents only.
func documentPath(d bson.Raw, path []string) doc.Path {
	for n := 1; n < len(path); n++ {
		if v, ok := doc.Get(d, path[:n]); ok && !doc.IsDocument(v) {
			return path[:n:n]
		}
	}
	return path
}

// of are the secrets of document i; -1 is one that is not desired.
func (s *secrets) of(i int) []secretPlace {
	if s == nil || i < 0 {
		return nil
	}
	return s.places[i]
}

// mask hides the secrets of document i, exactly where they are wanted.
func (s *secrets) mask(i int) *desired.Mask {
	m := &desired.Mask{Exact: true}
	for _, q := range s.of(i) {
		m.Secrets, m.Names = append(m.Secrets, q.path), append(m.Names, namesOf(q.parts))
	}
	return m
}

// hides reports whether a value at p is, holds or lies in a secret of document i.
func (s *secrets) hides(i int, p doc.Path) bool {
	return slices.ContainsFunc(s.of(i), func(q secretPlace) bool { return q.owner.HasPrefix(p) || p.HasPrefix(q.owner) })
}

// related reports whether p is at, above or below one of the paths.
func related(paths []doc.Path, p doc.Path) bool { return slices.ContainsFunc(paths, p.Overlaps) }

// judged is what a document is compared by with what the destination has:
// secrets that are not given, and that may be there, are as they are there; bare
// is the document with all such secrets so, given or not. unknown are those that
// are not given and that the policy does not leave to the destination.
func (c *Collection) judged(of beside, live bson.Raw) (judged, bare bson.Raw, unknown []secretPlace) {
	p, wanted := c.policy, of.raw
	judged, bare = wanted, wanted
	for _, q := range of.secrets {
		v, ok := q.there(wanted, live)
		if !ok {
			continue
		}
		bare = doc.Replace(bare, q.path, v)
		if len(q.missing) == 0 {
			continue
		}
		judged = doc.Replace(judged, q.path, v)
		if q.path[0] != "_id" && p.mode != desired.Insert && !covered(p.preserve, q.owner) && !covered(p.ignore, q.owner) {
			unknown = append(unknown, q)
		}
	}
	return judged, bare, unknown
}

// liveAt is where the destination may have the secret.
func (q *secretPlace) liveAt() []string {
	if q.live != nil {
		return q.live
	}
	return q.path
}

// there is the text at the destination that the secret may be: it stands in the
// same documents and at the same positions, in the same element of a list owned in part,
// with the same literal parts.
func (q *secretPlace) there(wanted, live bson.Raw) (bson.RawValue, bool) {
	v := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: live}
	w := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: wanted}
	found := q.liveAt()
	for n, name := range q.path {
		if v.Type != w.Type || !doc.IsDocument(v) && v.Type != bson.TypeArray {
			return bson.RawValue{}, false
		}
		var ok bool
		if v, ok = doc.Get(v.Value, doc.Path{found[n]}); !ok {
			return bson.RawValue{}, false
		}
		if w, ok = doc.Get(w.Value, doc.Path{name}); !ok {
			return bson.RawValue{}, false
		}
	}
	text, ok := v.StringValueOK()
	return v, ok && couldBe(q.parts, text)
}

// couldBe reports whether some secrets make this text of the parts.
func couldBe(parts []desired.SecretPart, text string) bool {
	open := false // behind a secret
	for n, p := range parts {
		switch {
		case p.Name != "":
			open = true
			continue
		case !open:
			rest, ok := strings.CutPrefix(text, p.Text)
			if !ok {
				return false
			}
			text = rest
		case n == len(parts)-1:
			return strings.HasSuffix(text, p.Text)
		default:
			_, rest, ok := strings.Cut(text, p.Text)
			if !ok {
				return false
			}
			text = rest
		}
		open = false
	}
	return open || text == ""
}
