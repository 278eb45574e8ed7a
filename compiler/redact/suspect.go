package redact

// Fields that look like secrets: the one rule, of extract before it writes and of
// the compiler for what was written. In: documents, and what is known to be none;
// out: a Suspect for each field, with the statements that say what it is.
// Values are looked at, and never shown.

import (
	"bytes"
	"cmp"
	"math/bits"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/parallel"
)

// Suspect is a field that looks like a secret.
type Suspect struct {
	// Field is the path, with [] for the elements of arrays; where several have
	// the name, the first one.
	Field string `json:"field"`
	// Why says what it looks like: "its name", "a private key (PEM)".
	Why string `json:"why"`
	// Documents is how many have it.
	Documents int `json:"documents"`
	// Redact is the statement that keeps it out of the files, NotSecret the one
	// that says that it is none.
	Redact    string `json:"redact"`
	NotSecret string `json:"notSecret"`
}

// Secrets judges documents, with what is no news in them: fields of patterns
// (`redact`, `omit`, `not secret`), and paths, through arrays, where a rule writes
// a secret in place of what was extracted.
func Secrets(documents []bson.Raw, patterns []desired.Pattern, written [][]string) []Suspect {
	parts := make([]Suspects, max(1, min(runtime.GOMAXPROCS(0), len(documents)/500)))
	parallel.Run(len(parts), func(n int) {
		s := Suspects{Known: patterns, written: written}
		for _, d := range documents[len(documents)*n/len(parts) : len(documents)*(n+1)/len(parts)] {
			s.Add(d)
		}
		parts[n] = s
	})
	all := &parts[0]
	for n := range parts[1:] {
		if len(all.names) == maxSuspects || len(parts[n+1].names) == maxSuspects { // which ones those are, and how many, depends on all before
			all = &Suspects{Known: patterns, written: written}
			for _, d := range documents {
				all.Add(d)
			}
			break
		}
		all.merge(&parts[n+1])
	}
	return all.Found()
}

// maxSuspects bounds what is remembered of a collection.
const maxSuspects = 100

// Suspects collects them over the documents of a collection, for who has not got
// them all at once. The zero value is ready.
type Suspects struct {
	// Known are the patterns of Secrets.
	Known []desired.Pattern

	written [][]string          // as Secrets has it
	secrets map[string]bool     // whether a field's name suspects it
	byKey   map[string]*suspect // by the field's name
	names   []string            // those of byKey, in the order of the documents
	path    []step
	count   int // documents looked at
}

type step struct {
	name  []byte // of the document at hand
	array bool   // an element of an array
}

func (at step) is(name string) bool { return !at.array && string(at.name) == name }

func samePath(a, b []step) bool {
	return slices.EqualFunc(a, b, func(a, b step) bool { return a.array == b.array && bytes.Equal(a.name, b.name) })
}

type suspect struct {
	path    []step
	several bool // other paths end in the name too
	why     string
	in      int // documents
	last    int // number of the document that was counted last
}

// Add goes through one document, which it does not keep.
func (s *Suspects) Add(d bson.Raw) {
	s.begin()
	s.count++
	s.fields(d, false)
}

func (s *Suspects) begin() {
	if s.secrets == nil {
		s.secrets = map[string]bool{}
	}
	if s.byKey == nil {
		s.byKey = map[string]*suspect{}
	}
}

// Join adds those that were found in documents that come after all that were added, as if these were.
func (s *Suspects) Join(later *Suspects, documents []bson.Raw) {
	if len(later.names) == maxSuspects { // which ones those are, and how many, depends on all before
		for _, d := range documents {
			s.Add(d)
		}
		return
	}
	s.begin()
	s.merge(later)
	s.count += later.count
}

// Reset forgets what was found.
func (s *Suspects) Reset() { s.byKey, s.names, s.count = nil, nil, 0 }

func (s *Suspects) fields(d bson.Raw, array bool) {
	if !array {
		s.pair(d)
	}
	for name, v := range doc.Elements(d) {
		if len(s.path) == 0 && string(name) == "_id" {
			continue // it cannot be left out
		}
		if array {
			name = nil
		}
		s.path = append(s.path, step{name, array})
		switch v.Type {
		case bson.TypeEmbeddedDocument:
			s.fields(v.Document(), false)
		case bson.TypeArray:
			s.fields(bson.Raw(v.Value), true)
		case bson.TypeString:
			if text := v.Value[4 : len(v.Value)-1]; len(text) > 0 {
				s.text(text)
			}
		case bson.TypeBinary:
			s.byName()
		}
		s.path = s.path[:len(s.path)-1]
	}
}

// keyName, nameName and valueName are the fields of an object that is a name and its value.
var keyName, nameName, valueName = []byte("key"), []byte("name"), []byte("value")

// pair notes the value of an object that is a name and its value,
// {key: "smtpPassword", value: "…"}, where the name is one of secrets.
func (s *Suspects) pair(d bson.Raw) {
	var name, value bson.RawValue
	var at []byte
	for field, v := range doc.Elements(d) {
		switch {
		case v.Type != bson.TypeString || len(field) < len("key") || len(field) > len("value"): // most are
		case bytes.EqualFold(field, keyName), bytes.EqualFold(field, nameName):
			name = v
		case bytes.EqualFold(field, valueName):
			at, value = field, v
		}
	}
	if name.Type == 0 || value.Type == 0 {
		return
	}
	text := value.Value[4 : len(value.Value)-1]
	if len(text) == 0 || placeholder(text) || looksLike(text) != "" || s.secret(at) || !s.secret(name.Value[4:len(name.Value)-1]) {
		return // another rule is about it, or none
	}
	s.path = append(s.path, step{at, false})
	s.note("the name beside it", s.path)
	s.path = s.path[:len(s.path)-1]
}

func (s *Suspects) text(text []byte) {
	if why := looksLike(text); why != "" {
		s.note(why, s.path)
	} else if !placeholder(text) {
		s.byName()
	}
}

// byName notes the field at hand where its name, or that of an object that it is in, is one of secrets.
func (s *Suspects) byName() {
	if s.secret(s.leaf()) {
		s.note("its name", s.path)
		return
	}
	for i, at := range s.path[:len(s.path)-1] {
		if !at.array && s.secret(at.name) && !describes(string(at.name)) {
			s.note("its name", s.path[:i+1])
			return
		}
	}
}

// placeholder reports whether a text only stands for a value that something
// else puts in: ${TOKEN}, {{token}}, <token>, %TOKEN%.
func placeholder(text []byte) bool {
	for _, around := range [][2]string{{"${", "}"}, {"{{", "}}"}, {"<", ">"}, {"%", "%"}} {
		inside, begins := bytes.CutPrefix(text, []byte(around[0]))
		inside, ends := bytes.CutSuffix(inside, []byte(around[1]))
		if begins && ends && len(inside) > 0 && !bytes.ContainsAny(inside, "${}<>%") {
			return true
		}
	}
	return false
}

// secret reports whether a name is one of secrets.
func (s *Suspects) secret(name []byte) bool {
	secret, known := s.secrets[string(name)]
	if !known {
		secret = secretName(string(name))
		if len(s.secrets) < 10_000 { // names can be data
			s.secrets[string(name)] = secret
		}
	}
	return secret
}

// leaf is the last name of the path.
func (s *Suspects) leaf() []byte { return leaf(s.path) }

func leaf(path []step) []byte {
	for _, p := range slices.Backward(path) {
		if !p.array {
			return p.name
		}
	}
	return nil
}

// isKnown reports whether the field at hand is said to be none, or to be replaced.
func (s *Suspects) isKnown() bool {
	for _, p := range s.Known {
		switch {
		case p.Leaf != "":
			if slices.ContainsFunc(s.path, func(at step) bool { return at.is(p.Leaf) }) {
				return true
			}
		case len(s.path) >= len(p.Path):
			if slices.EqualFunc(s.path[:len(p.Path)], p.Path, step.is) {
				return true
			}
		}
	}
	for _, path := range s.written {
		names := make([]string, 0, len(s.path))
		for _, at := range s.path {
			if !at.array {
				names = append(names, string(at.name))
			}
		}
		if len(names) >= len(path) && slices.Equal(names[:len(path)], path) {
			return true
		}
	}
	return false
}

// note remembers a path, that of the field at hand or of an object that it is in.
func (s *Suspects) note(why string, path []step) {
	if s.isKnown() {
		return
	}
	name := leaf(path)
	found := s.byKey[string(name)]
	if found == nil {
		if len(s.names) == maxSuspects {
			return
		}
		found = &suspect{path: slices.Clone(path), why: why}
		for i := range found.path {
			found.path[i].name = bytes.Clone(found.path[i].name)
		}
		s.add(string(name), found)
	}
	found.several = found.several || !samePath(found.path, path)
	if found.last != s.count {
		found.last = s.count
		found.in++
	}
}

func (s *Suspects) add(name string, found *suspect) {
	s.byKey[name], s.names = found, append(s.names, name)
}

// merge adds those of documents that come later.
func (s *Suspects) merge(later *Suspects) {
	for _, name := range later.names {
		more := later.byKey[name]
		found := s.byKey[name]
		switch {
		case found != nil:
			found.several = found.several || more.several || !samePath(found.path, more.path)
			found.in += more.in
		case len(s.names) < maxSuspects:
			more.last = 0
			s.add(name, more)
		}
	}
}

// Found lists them by field.
func (s *Suspects) Found() []Suspect {
	var out []Suspect
	for name, f := range s.byKey {
		var field doc.Path
		text := ""
		inArray := false
		for i, p := range f.path {
			if p.array {
				text += "[]"
				inArray = inArray || i+1 < len(f.path) && !f.path[i+1].array
				continue
			}
			field = append(field, string(p.name))
			if text != "" {
				text += "."
			}
			text += doc.Path{string(p.name)}.String()
		}
		redact := ast.Written(field.String())
		if f.several || inArray {
			redact = "*." + doc.Path{name}.String()
		}
		out = append(out, Suspect{Field: text, Why: f.why, Documents: f.in, Redact: "redact " + redact, NotSecret: "not secret " + redact})
	}
	slices.SortFunc(out, func(a, b Suspect) int { return cmp.Compare(a.Field, b.Field) })
	return out
}

// secretEnds are what the names of secrets end in, in lower case and without
// separators.
var secretEnds = []string{
	"password", "passwd", "passphrase", "passwordhash", "pwd", "secret", "token", "apikey", "privatekey", "secretkey", "accesskey", "signingkey",
	"encryptionkey", "masterkey", "clientsecret", "credential", "credentials", "connectionstring", "authorization", "privatekeypem", "webhooksecret",
	"passwords", "secrets", "apikeys", "privatekeys", "secretkeys", "accesskeys", "connectionstrings",
}

// describes reports whether an object of the name says something of a secret as often
// as it holds one: the issuer of a token, the realm of an authorization.
func describes(name string) bool {
	plain := plainName(name)
	return strings.HasSuffix(plain, "token") || strings.HasSuffix(plain, "authorization")
}

func plainName(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(name))
}

func secretName(name string) bool {
	plain := strings.TrimRight(plainName(name), "0123456789") // password2
	return slices.ContainsFunc(secretEnds, func(end string) bool { return strings.HasSuffix(plain, end) })
}

var bearer = regexp.MustCompile(`(^|[^A-Za-z])[Bb]earer [A-Za-z0-9._~+/=-]{8,}`)

// shapes are texts that are secrets by their form, with a part that each of
// them contains, and the character of the part that is rarest in plain text:
// only then the expression is tried.
var shapes = [...]struct {
	part string
	rare byte
	form *regexp.Regexp
	what string
}{
	{"-----BEGIN ", '-', regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----`), "a private key (PEM)"},
	{"Bearer ", 'B', bearer, "a bearer token"},
	{"bearer ", 'b', bearer, "a bearer token"},
	{"Basic ", 'B', regexp.MustCompile(`^Basic [A-Za-z0-9+/]{8,}={0,2}$`), "an Authorization header"},
	{"://", ':', regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#\s:@]*:[^/?#\s@]+@`), "an address with a password"},
	{"assword=", '=', regexp.MustCompile(`(^|;)\s*[Pp]assword=[^;\s]+`), "a connection string with a password"},
	{"AccountKey=", '=', regexp.MustCompile(`(^|;)AccountKey=[A-Za-z0-9+/]{20,}`), "a connection string with a key"},
	{"eyJ", 'J', regexp.MustCompile(`(^|[^A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`), "a JSON web token"},
	{"AKIA", 'K', regexp.MustCompile(`(^|[^A-Z0-9])AKIA[A-Z0-9]{16}($|[^A-Z0-9])`), "an AWS access key"},
	{"AIza", 'z', regexp.MustCompile(`AIza[A-Za-z0-9_-]{35}`), "a Google API key"},
	{"gh", '_', regexp.MustCompile(`(^|[^A-Za-z0-9])(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40})`), "a GitHub token"},
	{"glpat-", '-', regexp.MustCompile(`glpat-[A-Za-z0-9_-]{20}`), "a GitLab token"},
	{"xox", '-', regexp.MustCompile(`xox[abeoprs]-[A-Za-z0-9-]{10,}`), "a Slack token"},
	{"hooks.slack.com/", '/', regexp.MustCompile(`hooks\.slack\.com/services/[A-Za-z0-9/]{20,}`), "a Slack webhook"},
	{"_live_", '_', regexp.MustCompile(`(^|[^A-Za-z0-9])[sr]k_live_[A-Za-z0-9]{16,}`), "a Stripe key"},
	{"SG.", 'G', regexp.MustCompile(`(^|[^A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`), "a SendGrid key"},
	{"npm_", '_', regexp.MustCompile(`(^|[^A-Za-z0-9])npm_[A-Za-z0-9]{36}`), "an npm token"},
	{"sk-", '-', regexp.MustCompile(`(^|[^A-Za-z0-9])sk-[A-Za-z0-9_-]{20,}`), "an API key"},
	{"$2", '$', regexp.MustCompile(`^\$2[abxy]?\$[0-9]{2}\$[./A-Za-z0-9]{53}$`), "a password hash (bcrypt)"},
	{"$argon2", '$', regexp.MustCompile(`^\$argon2(i|d|id)\$v=[0-9]+\$m=[0-9]+,t=[0-9]+,p=[0-9]+\$[A-Za-z0-9+/]{8,}\$[A-Za-z0-9+/]{8,}$`), "a password hash (Argon2)"},
	{"AGE-SECRET-KEY-", '-', regexp.MustCompile(`AGE-SECRET-KEY-1[A-Z0-9]{20,}`), "an age key"},
}

// rareIn has for each byte the shapes, as bits, whose rare character it is.
var rareIn = func() (table [256]uint32) {
	for i := range shapes {
		table[shapes[i].rare] |= 1 << i
	}
	return table
}()

// looksLike says which secret a text looks like; empty: none.
func looksLike(text []byte) string {
	if len(text) < 12 {
		return ""
	}
	possible := uint32(0)
	for _, b := range text {
		possible |= rareIn[b]
	}
	for ; possible != 0; possible &= possible - 1 {
		s := &shapes[bits.TrailingZeros32(possible)]
		if bytes.Contains(text, []byte(s.part)) && s.form.Match(text) {
			return s.what
		}
	}
	return ""
}
