package desired

// Messages without what nobody may see. In: a state, the texts of its secrets, and
// what a server says; out: the same with words in place of these. Pure; the rules
// are docs/enforcement.md, Secrets.

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// Redactor takes out of what a server says what nobody may see: the texts of
// secrets and, where a collection has redacted fields, the key that it quotes.
type Redactor struct {
	secrets *strings.Replacer
	keys    bool
}

// Replace returns the message without them.
func (r Redactor) Replace(message string) string {
	const quoted, advice = "dup key:", "\nCheck "
	if start := strings.Index(message, quoted); r.keys && start >= 0 {
		rest := ""
		if end := strings.LastIndex(message, advice); end > start {
			rest = message[end:]
		}
		message = message[:start] + quoted + " " + MaskedRedacted + rest
	}
	return r.secrets.Replace(message)
}

// NewRedactor is the one of a state; given are the texts of its secrets by name.
func NewRedactor(state *State, given map[string]string) Redactor {
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
		pairs = append(pairs, text, MaskedSecret)
	}
	keys := slices.ContainsFunc(state.Collections, func(c *Collection) bool { return len(c.Redact) > 0 })
	return Redactor{strings.NewReplacer(pairs...), keys}
}
