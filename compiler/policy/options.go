package policy

// Options of `index on` and `options`: MongoDB's, with the types of its manual.
// A name that is not known is only warned of: a newer server may have it.

import (
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/doc"
)

// option is a name with the types that its value may have; none: any.
type option struct {
	name  string
	types []string
}

var (
	boolOption   = []string{"bool"}
	textOption   = []string{"string"}
	objectOption = []string{"object"}
	arrayOption  = []string{"array"}
	numberOption = []string{"int", "long", "double", "decimal"}
)

// indexOptions are those of an index (manual: reference/command/createIndexes,
// Definition; `prepareUnique`: reference/command/collMod).
var indexOptions = []option{
	{"unique", boolOption}, {"name", textOption}, {"sparse", boolOption}, {"partialFilterExpression", objectOption},
	{"expireAfterSeconds", numberOption}, {"hidden", boolOption}, {"collation", objectOption}, {"weights", objectOption},
	{"default_language", textOption}, {"language_override", textOption}, {"textIndexVersion", numberOption},
	{"2dsphereIndexVersion", numberOption}, {"bits", numberOption}, {"min", numberOption}, {"max", numberOption},
	{"bucketSize", numberOption}, {"wildcardProjection", objectOption}, {"storageEngine", objectOption},
	{"background", boolOption}, {"clustered", boolOption}, {"prepareUnique", boolOption},
}

// collectionOptions are those of a collection (manual: reference/command/create
// and reference/command/collMod).
var collectionOptions = []option{
	{"validator", objectOption}, {"validationLevel", textOption}, {"validationAction", textOption}, {"collation", objectOption},
	{"capped", boolOption}, {"size", numberOption}, {"max", numberOption}, {"timeseries", objectOption},
	{"expireAfterSeconds", append([]string{"string"}, numberOption...)}, // collMod takes "off"
	{"clusteredIndex", append([]string{"bool"}, objectOption...)}, {"changeStreamPreAndPostImages", objectOption},
	{"viewOn", textOption}, {"pipeline", arrayOption}, {"encryptedFields", objectOption}, {"storageEngine", objectOption},
	{"indexOptionDefaults", objectOption}, {"autoIndexId", boolOption}, {"recordPreImages", boolOption},
}

// checkOptions compares the options that an object gives with those of the
// manual. what is "an index" or "a collection"; given is the object's value.
func checkOptions(o *ast.Object, given bson.Raw, known []option, what string) diag.List {
	var out diag.List
	for _, f := range o.Fields {
		at := slices.IndexFunc(known, func(k option) bool { return k.name == f.Name.Text })
		if at < 0 {
			d := diag.Diagnostic{Severity: diag.Warning, Code: diag.UnknownOption, Span: f.Name.Span,
				Message: fmt.Sprintf("%s is no option of %s that mongocd knows", diag.Backquote(f.Name.Text), what),
				Notes:   []string{"the destination's server must know it: one that does not refuses the command"}}
			names := make([]string, len(known))
			for i, k := range known {
				names[i] = k.name
			}
			if near := diag.Suggest(f.Name.Text, names); near != "" {
				d.Label, d.Fix = fmt.Sprintf("did you mean `%s`?", near), &diag.Fix{Span: f.Name.Span, Text: near}
			}
			out = append(out, d)
			continue
		}
		v, ok := doc.Get(given, doc.Path{f.Name.Text})
		if !ok || slices.Contains(known[at].types, doc.TypeName(v)) {
			continue
		}
		wanted := known[at].types
		if slices.Equal(wanted, numberOption) {
			wanted = []string{"number"}
		}
		d := diag.Diagnostic{Code: diag.WrongType, Span: f.Value.Place(),
			Message: fmt.Sprintf("the option %s of %s is %s, not %s", diag.Backquote(f.Name.Text), what, words.Article([]string{doc.TypeName(v)}), words.Article(wanted)),
			Notes:   []string{"it is " + doc.Show(v, 60)}}
		if slices.Equal(wanted, boolOption) {
			d.Notes = append(d.Notes, fmt.Sprintf("write `%s: true` or `%s: false`", f.Name.Text, f.Name.Text))
		}
		out = append(out, d)
	}
	return out
}
