package enforce

// What the destination's validator would refuse. In: the options that the
// collection has or will have, and planned writes; out: conflicts and notes.
// Pure; the rules are docs/enforcement.md, Validators.

import (
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/compare"
	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/doc"
	"github.com/hayone1/mongocd/runtime/validator"
)

// Notes on a validator; parts: the first five by their paths in it, joined by ", ".
//
//js:table
const (
	noteUnjudged         = "the validator of {namespace} has parts that only the server judges: {parts}"
	noteValidationLogged = "{count} documents of {namespace} break its validator, which only logs that (validationAction warn)"
)

// maxRules is how many broken rules a conflict names.
//
//js:table
const maxRules = 5

// validation are the options in force when documents are written: those of the
// destination, and those that the run changes before.
func validation(c *desired.Collection, existing bson.Raw, missing bool) validator.Settings {
	if missing {
		return validator.SettingsOf(c.Options)
	}
	only := func(changed bool, options bson.Raw) bson.Raw {
		return doc.Edit(options, func(name string, v bson.RawValue) bson.RawValue {
			if changed != (slices.Contains(c.SetOptions, name) && strings.HasPrefix(name, "validat")) {
				return bson.RawValue{}
			}
			return v
		})
	}
	return validator.SettingsOf(doc.Joined(only(false, existing), only(true, c.Options)))
}

// validate judges what each write makes of its document, and returns notes.
func (l *observation) validate() (notes []string) {
	if !l.validation.Judges() || len(l.writes) == 0 {
		return nil
	}
	v := l.validation.Parse()
	if len(v.Unjudged) > 0 {
		parts := slices.Clone(v.Unjudged[:min(len(v.Unjudged), maxRules)])
		if len(v.Unjudged) > maxRules {
			parts = append(parts, "…")
		}
		notes = append(notes, change.Fill(noteUnjudged, "namespace", change.Clean(l.ns.String()), "parts", change.Clean(strings.Join(parts, ", "))))
	}
	together := map[int]bool{} // writes that go as delete and insert
	for _, s := range l.stages {
		for _, w := range s.Writes {
			together[w] = s.Whole
		}
	}
	logged := 0
	for i := range l.writes {
		w := whole(l, &l.writes[i])
		open := holes(l.c.NotGiven(w))
		if v.Judge(w.After, open, false) != validator.Broken {
			continue
		}
		if l.validation.Level == validator.Moderate && w.Before != nil && !w.Rekeyed && !together[i] && v.Judge(w.Before, nil, false) != validator.Holds {
			continue // updates of documents that broke it before are not validated
		}
		if l.validation.Action == validator.Warn {
			logged++
			continue
		}
		rules, paths := broken(l.c, v, w, open)
		l.conflict(change.ValidatorViolation, w.Wanted, nil, "identity", l.identity(w.Wanted), "rules", rules)
		l.conflicts[len(l.conflicts)-1].Paths = paths
	}
	if logged > 0 {
		notes = append(notes, change.Fill(noteValidationLogged, "count", strconv.Itoa(logged), "namespace", change.Clean(l.ns.String())))
	}
	return notes
}

// broken says which rules a document breaks, and where.
func broken(c *compare.Collection, v *validator.Validator, w *compare.Write, open *validator.Holes) (rules string, paths []string) {
	var texts []string
	for _, b := range v.Breaches(w.After, open, false, change.ShowValue) {
		if len(b.Path) > 0 && !slices.Contains(paths, b.At) {
			paths = append(paths, b.At)
		}
		if len(texts) == maxRules {
			continue
		}
		value := ""
		if b.Value.Type != 0 {
			value = c.ShowInside(w.Wanted, w.After, b.Path, b.Value)
		}
		texts = append(texts, change.Clean(b.Words(value)))
	}
	if len(paths) > maxRules {
		texts = append(texts, "…")
	}
	return strings.Join(texts, "; "), paths
}

// holes are places of a document that may have any value.
func holes(paths []doc.Path) *validator.Holes {
	out := &validator.Holes{}
	for _, p := range paths {
		out.Add(p, validator.Any)
	}
	return out
}

// refusalWords are a server's reasons for refusing a document, empty when it gave none.
func refusalWords(c *compare.Collection, w *compare.Write, errInfo bson.Raw) string {
	words := validator.Refused(errInfo, func(path doc.Path, v bson.RawValue) string {
		if path == nil {
			return change.ShowValue(v)
		}
		return c.ShowInside(w.Wanted, w.After, path, v)
	})
	if len(words) == 0 {
		return ""
	}
	return ": " + strings.Join(words, "; ")
}
