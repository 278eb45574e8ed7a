package check

// What parses and means something else than it seems to: blocks that are empty,
// targets inside of `each`, objects that are operators or environments.
//
// In: statements and objects with their scope. Out: errors that show both readings.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/lang/source"
)

// emptyBlock reports a block without statements. A condition behind a statement,
// as other languages have it, is the usual reason: there it would be a
// statement of its own, and the one before it would apply everywhere.
func (b *block) emptyBlock(s ast.Stmt, body *ast.Block, before ast.Stmt) {
	if body == nil || len(body.Stmts) > 0 {
		return
	}
	e := b.report(diag.EmptyBlock, s.Place(), "the block of this `%s` is empty, so it does nothing", Word(s))
	e.Notes = []string{"write the statements that it is for between the braces, or remove it"}
	if before == nil || !sameLine(before.Place(), s.Place()) {
		return
	}
	condition := source.Span{File: s.Place().File, Start: s.Place().Start, End: body.Span.Start}
	e.Message = fmt.Sprintf("this `%s` stands behind `%s`, which it does not limit, and its own block is empty", Word(s), Word(before))
	e.Related = []diag.Related{{Span: before.Place(), Message: "this applies in any case"}}
	e.Notes = []string{fmt.Sprintf("write `%s { %s }`", shortText(condition), shortText(before.Place()))}
}

// emptyDecl reports a declaration or a list of commands that holds nothing.
func (f *forms) emptyDecl(word string, at source.Span, holds int) {
	if holds == 0 {
		f.report(diag.EmptyBlock, at, "the block of this `%s` is empty, so it does nothing", word).Notes = []string{"write what belongs into it, or remove it"}
	}
}

// sameLine reports whether the second place begins on the line where the first one ends.
func sameLine(first, second source.Span) bool {
	return first.File == second.File && first.End <= second.Start && !strings.ContainsRune(first.File.Text[first.End:second.Start], '\n')
}

// shortText is source text on one line for a message.
func shortText(s source.Span) string {
	return diag.Safe(strings.Join(strings.Fields(s.Text()), " "), 100)
}

// elementTarget reports a bare name that is written inside of `each`: it would
// be a field of the document, once for each element. All of a path's forms that
// begin with `this` or with the name of an element say which is meant.
func (b *block) elementTarget(p *ast.Path) bool {
	if len(b.visited) == 0 || p.Head == "this" || b.element(p.Head) {
		return false
	}
	text := diag.Safe(p.Span.Text(), 64)
	at := b.visited[len(b.visited)-1]
	e := b.report(diag.DocumentOrElement, p.Span, "inside of `each`, `%s` could be a field of the document or of the element", text)
	e.Related = []diag.Related{{Span: at.Span, Message: "the element"}}
	e.Notes = []string{fmt.Sprintf("write `%s.%s` for the element, `this.%s` for the document", diag.Safe(at.Text, 64), text, text)}
	for _, outer := range b.visited[:len(b.visited)-1] {
		e.Notes = append(e.Notes, fmt.Sprintf("or `%s.%s` for the element of the `each` around it", diag.Safe(outer.Text, 64), text))
	}
	return true
}

// value checks an object that is a value of the language, and not one of MongoDB's own.
func (s *scope) value(o *ast.Object) {
	bare := 0
	for _, f := range o.Fields {
		if f.Key != nil || Quoted(f.Name) {
			continue
		}
		bare++
		if strings.HasPrefix(f.Name.Text, "$") && !slices.Contains(references, f.Name.Text) {
			s.operator(o, f)
			return
		}
	}
	if bare > 0 && bare == len(o.Fields) {
		s.environmentsAsFields(o)
	}
}

// condition checks an expression that must be true or false; a query of MongoDB
// is none.
func (s *scope) condition(x ast.Expr) {
	o, ok := ast.Unparen(x).(*ast.Object)
	if !ok || len(o.Fields) == 0 {
		s.expr(x)
		return
	}
	var parts []string
	for _, f := range o.Fields {
		name, value := f.Name.Span.Text(), shortText(f.Value.Place())
		if f.Key != nil {
			continue
		}
		if Quoted(f.Name) {
			name = diag.Safe(f.Name.Text, 64)
		}
		query, ok := ast.Unparen(f.Value).(*ast.Object)
		if !ok || len(query.Fields) != 1 || !strings.HasPrefix(query.Fields[0].Name.Text, "$") {
			parts = append(parts, name+" == "+value)
			continue
		}
		form := operators[query.Fields[0].Name.Text]
		form, _, _ = strings.Cut(form, "` or `")
		form, _, _ = strings.Cut(form, "`, or ")
		parts = append(parts, strings.NewReplacer("VALUE", shortText(query.Fields[0].Value.Place()), "FIELD", name, "`", "").Replace(form))
	}
	e := s.report(diag.NotBoolean, x.Place(), "a condition is no object")
	if len(parts) > 0 {
		e.Label = "write `" + strings.Join(parts, " and ") + "`"
	}
}

// references are the fields of a DBRef, the one object whose names begin with a dollar sign.
var references = []string{"$ref", "$id", "$db"}

// operator reports an operator of MongoDB in a value: it would be written as a field.
func (s *scope) operator(o *ast.Object, f ast.ObjectField) {
	e := s.report(diag.OperatorAsValue, f.Name.Span, "%s would be the name of a field here: values have no operators", diag.Backquote(f.Name.Text))
	value, field := "…", s.written
	if field == "" {
		field = "FIELD"
	}
	if f.Value != nil && len(o.Fields) == 1 {
		value = shortText(f.Value.Place())
	}
	if instead := operators[f.Name.Text]; instead != "" {
		e.Notes = []string{"write " + strings.NewReplacer("VALUE", value, "FIELD", field).Replace(instead)}
	} else {
		e.Notes = []string{"what is calculated is an expression of the language: `set total = price * 2`"}
	}
	e.Notes = append(e.Notes, fmt.Sprintf("a field of that name is written in quotes: `'%s': …`", diag.Safe(f.Name.Text, 64)))
}

// operators are what the operators of MongoDB's updates and queries, and the
// types of Extended JSON, are in the language.
var operators = map[string]string{
	"$inc": "`set FIELD = FIELD + VALUE`", "$mul": "`set FIELD = FIELD * VALUE`", "$set": "`set FIELD = VALUE`", "$setOnInsert": "`set FIELD = VALUE` and `preserve FIELD`",
	"$unset": "`remove FIELD`", "$rename": "`rename FIELD to NAME`", "$min": "`set FIELD = min(FIELD, VALUE)`", "$max": "`set FIELD = max(FIELD, VALUE)`",
	"$push": "`add VALUE to FIELD`, or `set FIELD = concat(FIELD, [VALUE])`", "$addToSet": "`add VALUE to FIELD`", "$each": "`set FIELD = concat(FIELD, VALUE)`",
	"$pull": "`each x in FIELD where x == VALUE { remove x }`", "$pop": "`set FIELD = slice(FIELD, 1)`",
	"$currentDate": "an `input` of type date: there is no clock", "$$NOW": "an `input` of type date: there is no clock",
	"$eq": "`FIELD == VALUE`", "$ne": "`FIELD != VALUE`", "$gt": "`FIELD > VALUE`", "$gte": "`FIELD >= VALUE`", "$lt": "`FIELD < VALUE`", "$lte": "`FIELD <= VALUE`",
	"$in": "`FIELD in VALUE`", "$nin": "`FIELD not in VALUE`", "$exists": "`FIELD is present` or `FIELD is missing`", "$regex": "`FIELD matches /…/`, or the value `/…/i`",
	"$type": "`FIELD is string`", "$size": "`length(FIELD) == VALUE`", "$elemMatch": "`any x in FIELD has …`", "$not": "`not (…)`", "$and": "`… and …`", "$or": "`… or …`",
	"$concat": "a text with `${…}` in it", "$add": "`a + b`", "$subtract": "`a - b`", "$multiply": "`a * b`", "$divide": "`a / b`", "$cond": "`if … then … else …`", "$ifNull": "`a ?? b`",
	"$toLower": "`lower(…)`", "$toUpper": "`upper(…)`", "$literal": "the value itself",
	"$oid": "`objectId(VALUE)`", "$date": "`date(VALUE)`", "$numberInt": "`int(VALUE)`", "$numberLong": "`long(VALUE)`", "$numberDouble": "`double(VALUE)`", "$numberDecimal": "`decimal(VALUE)`",
	"$uuid": "`uuid(VALUE)`", "$binary": "`binary(\"…\", 0)`", "$timestamp": "`timestamp(1, 1)`", "$regularExpression": "`/…/i`", "$minKey": "`minKey()`", "$maxKey": "`maxKey()`",
	"$function": "an expression of the language",
}

// environmentsAsFields reports an object whose fields are all environments.
func (s *scope) environmentsAsFields(o *ast.Object) {
	if o.Fields[0].Name.Text == "else" {
		return
	}
	for _, f := range o.Fields {
		name := f.Name.Text
		if name != "else" && !slices.Contains(s.module.Environments, name) && len(s.module.Groups[name]) == 0 {
			return
		}
	}
	e := s.report(diag.EnvironmentsAsFields, o.Span, "this is an object with a field for each environment, in every environment")
	e.Label = fmt.Sprintf("did you mean `per environment %s`?", shortText(o.Span))
	e.Fix = &diag.Fix{Span: source.Span{File: o.Span.File, Start: o.Span.Start, End: o.Span.Start}, Text: "per environment "}
	e.Notes = []string{"where the object is meant, write the names of its fields in quotes: " + diag.Backquote("{ '"+o.Fields[0].Name.Text+"': … }")}
}

// Quoted reports whether a name is written as a text.
func Quoted(n ast.Name) bool {
	text := n.Span.Text()
	return strings.HasPrefix(text, `"`) || strings.HasPrefix(text, `'`)
}
