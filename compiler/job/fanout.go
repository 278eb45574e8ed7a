package job

// Fan-outs: `into DATABASE for each NAME in COLLECTION`. In: a job whose targets are
// as written, and the extracted data; out: the job with a target for each collection
// and database, and what is wrong with the databases.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/hayone1/mongocd/compiler/eval"
	"github.com/hayone1/mongocd/compiler/eval/value"
	"github.com/hayone1/mongocd/compiler/infer"
	"github.com/hayone1/mongocd/compiler/limit"
	"github.com/hayone1/mongocd/compiler/policy"
	"github.com/hayone1/mongocd/compiler/words"
	"github.com/hayone1/mongocd/compiler/workspace"
	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/check"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
	"github.com/hayone1/mongocd/runtime/doc"
)

// given are the constants that the rules of a target see: in a fan-out its document, too.
func given(t *workspace.Target, lets map[string]value.Value) map[string]value.Value {
	if t.Member == nil {
		return lets
	}
	return with(lets, t.FanOut, t.Member.Document)
}

func with(lets map[string]value.Value, f *ast.FanOut, d bson.Raw) map[string]value.Value {
	out := maps.Clone(lets)
	out[f.Name.Text] = value.Of(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d})
	return out
}

// fannedOut is the job with the databases of its fan-outs.
func fannedOut(of *workspace.Job, data *workspace.Snapshot, lets map[string]value.Value) (*workspace.Job, diag.List) {
	if !slices.ContainsFunc(of.Targets, func(t *workspace.Target) bool { return t.FanOut != nil }) {
		return of, nil
	}
	j, members := *of, map[*ast.FanOut][]*workspace.Member{}
	j.Targets = nil
	var diags diag.List
	taken := map[string]owner{}
	for _, t := range of.Targets {
		if t.FanOut == nil {
			name := t.Database(j.Environment)
			taken[strings.ToLower(name)] = owner{name: name, at: t.Into.Span}
		}
	}
	for _, t := range of.Targets {
		f := t.FanOut
		if f == nil {
			j.Targets = append(j.Targets, t)
			continue
		}
		if _, done := members[f]; !done {
			r := infer.Rules{Job: of, Target: t, Data: data.Collections[workspace.FannedOut(f, t.Source[j.Environment])], Policy: &policy.Policy{}, Env: j.Env(lets), Others: data}
			found := r.FanOut()
			if !found.HasErrors() {
				var more diag.List
				members[f], more = (&fan{r, lets, taken}).members()
				found = append(found, more...)
			} else {
				members[f] = nil
			}
			diags = append(diags, found...)
		}
		for _, m := range members[f] {
			one := *t
			one.Member = m
			j.Targets = append(j.Targets, &one)
		}
	}
	return &j, diags
}

// owner is what a database is taken by: a document of a fan-out, or (document -1) another `from`.
type owner struct {
	name     string
	at       source.Span
	document string
}

// fan finds the databases of one fan-out.
type fan struct {
	infer.Rules
	lets  map[string]value.Value
	taken map[string]owner // by name, in lower case
}

// members are the documents that the condition leaves, with their databases, by name.
func (f *fan) members() ([]*workspace.Member, diag.List) {
	var out []*workspace.Member
	var diags diag.List
	said, first := map[diag.Code]int{}, map[diag.Code]int{}
	report := func(d diag.Diagnostic) {
		if said[d.Code]++; said[d.Code] == 1 {
			first[d.Code], diags = len(diags), append(diags, d)
		}
	}
	for i, d := range f.Data.Documents {
		env := f.Job.Env(with(f.lets, f.Target.FanOut, d))
		if chosen, errs := f.chosen(env); len(errs) > 0 {
			for _, e := range value.Diagnostics(errs) {
				report(f.about(e, i))
			}
			continue
		} else if !chosen {
			continue
		}
		name, errs := f.database(env)
		if len(errs) > 0 {
			for _, e := range value.Diagnostics(errs) {
				report(f.about(e, i))
			}
			continue
		}
		if wrong := f.wrong(name, i); wrong != nil {
			report(*wrong)
			continue
		}
		if out = append(out, &workspace.Member{Document: d, Database: name}); len(out) > limit.Databases {
			return nil, diag.List{{Code: diag.LimitExceeded, Span: f.Target.FanOut.Span, Message: fmt.Sprintf("this gives more than %d databases", limit.Databases),
				Notes: []string{"take fewer with `where`, and the others in another weave"}}}
		}
	}
	for code, n := range said {
		if n > 1 {
			d := &diags[first[code]]
			d.Notes = append(d.Notes, fmt.Sprintf("and so of %d more document%s", n-1, words.Plural(n-1)))
		}
	}
	if len(diags) == 0 {
		diags = f.counted(len(out))
	}
	slices.SortFunc(out, func(a, b *workspace.Member) int { return strings.Compare(a.Database, b.Database) })
	return out, diags
}

// about is a message with the document that it is about.
func (f *fan) about(d diag.Diagnostic, i int) diag.Diagnostic {
	d.Notes = append([]string{"in " + f.document(i)}, d.Notes...)
	return d
}

// document names a document by what the database is made of, and where it is.
func (f *fan) document(i int) string {
	var parts []string
	into := append([]ast.Expr{f.Target.Into.Computed}, entries(f.Target.Into.PerEnv)...)
	for _, x := range into {
		if x == nil {
			continue
		}
		for p := range check.Paths(x) {
			if v := eval.ValueAt(f.Data.Documents[i], p.Steps); p.Head == f.Target.FanOut.Name.Text && !v.Missing() {
				if part := strings.TrimPrefix(p.Span.Text(), p.Head+".") + " " + v.Show(); !slices.Contains(parts, part) {
					parts = append(parts, diag.Safe(part, 80))
				}
			}
		}
	}
	if id, ok := doc.Get(f.Data.Documents[i], doc.Path{"_id"}); ok && len(parts) == 0 {
		parts = append(parts, "_id "+doc.Show(id, 60))
	}
	text := "the document with " + strings.Join(parts, ", ")
	if i < len(f.Data.Read) {
		text += " (" + f.Data.Place(i) + ")"
	}
	return text
}

func entries(p *ast.PerEnv) []ast.Expr {
	if p == nil {
		return nil
	}
	var out []ast.Expr
	for _, e := range p.Entries {
		out = append(out, e.Value)
	}
	return out
}

func (f *fan) chosen(env *eval.Env) (bool, []*value.Error) {
	if f.Target.FanOut.Cond == nil {
		return true, nil
	}
	c, errs := env.Condition(f.Target.FanOut.Cond)
	if len(errs) > 0 {
		return false, errs
	}
	holds, err := c.Test(nil)
	if err != nil {
		return false, []*value.Error{err}
	}
	return holds, nil
}

func (f *fan) database(env *eval.Env) (string, []*value.Error) {
	into := f.Target.Into.Computed
	if into == nil {
		into = f.Target.Into.PerEnv
	}
	v, errs := env.Constant(into)
	if len(errs) > 0 {
		return "", errs
	}
	raw, err := v.Raw()
	if err != nil {
		return "", []*value.Error{err.At(into.Place())}
	}
	name, ok := raw.StringValueOK()
	if !ok {
		return "", []*value.Error{{Code: diag.WrongType, Span: into.Place(), Message: "the name of a database is a text, not " + v.Show()}}
	}
	return name, nil
}

// wrong is what is wrong with the database of a document, compared with those before.
func (f *fan) wrong(name string, i int) *diag.Diagnostic {
	at := f.Target.Into.Span
	rule := check.DatabaseRule(name)
	if name == "mongocd" {
		rule = "the database mongocd is where runs remember"
	}
	if rule != "" {
		return &diag.Diagnostic{Code: diag.BadName, Span: at, Message: fmt.Sprintf("%s cannot be the name of a database", diag.Quote(name, 64)), Notes: []string{rule, "it is of " + f.document(i)}}
	}
	d := &diag.Diagnostic{Code: diag.DuplicateDatabase, Span: at, Notes: []string{"it is of " + f.document(i)}}
	if name == f.Target.Source[f.Job.Environment] {
		d.Message = fmt.Sprintf("the database %s is the source itself", diag.Quote(name, 64))
		return d
	}
	other, taken := f.taken[strings.ToLower(name)]
	switch {
	case !taken:
		f.taken[strings.ToLower(name)] = owner{name, at, f.document(i)}
		return nil
	case other.document == "" || other.at != at:
		d.Message = fmt.Sprintf("another `from` writes into the database %s", diag.Quote(other.name, 64))
		d.Related = []diag.Related{{Span: other.at, Message: "here"}}
		d.Notes = append(d.Notes, "the databases of a fan-out are written apart: no other `from` of the weave is about one of them")
	case other.name == name:
		d.Message = fmt.Sprintf("two documents give the database %s", diag.Quote(name, 64))
		d.Notes = []string{other.document, f.document(i), "put into the name what tells them apart, or leave one out with `where`"}
	default:
		d.Message = fmt.Sprintf("the databases %s and %s differ in case alone, and MongoDB does not have both", diag.Quote(other.name, 64), diag.Quote(name, 64))
		d.Notes = []string{other.document, f.document(i), "put into the name what tells them apart, or leave one out with `where`"}
	}
	return d
}

// counted judges how many databases there are.
func (f *fan) counted(n int) diag.List {
	e := f.Target.FanOut.Expect
	least, most := int64(1), int64(-1)
	switch {
	case e != nil && e.Any:
		return nil
	case e != nil:
		least, most = e.Min, e.Max
	}
	if int64(n) >= least && (most < 0 || int64(n) <= most) {
		return nil
	}
	of := len(f.Data.Documents)
	d := diag.Diagnostic{Code: diag.WrongCount, Span: f.Target.FanOut.Span, Notes: []string{fmt.Sprintf("%s has %d document%s", f.Data.Name, of, words.Plural(of))},
		Message: fmt.Sprintf("this gives %d database%s, not as many as expected", n, words.Plural(n))}
	if e != nil {
		d.Related = []diag.Related{{Span: e.Span, Message: "expected here"}}
		d.Fix = &diag.Fix{Span: e.Span, Text: fmt.Sprintf("expect %d", n)}
	}
	if n == 0 {
		d.Code, d.Message = diag.MatchesNothing, "this gives no database"
		d.Notes = append(d.Notes, "if that is fine, write `expect any` after it")
	}
	return diag.List{d}
}
