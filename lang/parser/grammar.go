// The grammar of declarations and statements, one participle production each.
//
// A production captures its parts and then builds its node of lang/ast. The
// keyword that leads it is dispatched on by block.go, so it always fits; the
// parts named in lower case (name, path, expr, …) are the custom productions
// of names.go, expr.go and block.go.
package parser

import (
	"errors"
	"strings"
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/parser/keyword"
)

// The custom productions. participle wants an interface type for each; the
// node behind it is named beside it.
type (
	expr        interface{ ast.Node } // ast.Expr
	path        interface{ ast.Node } // *ast.Path
	pathPattern interface{ ast.Node } // ast.PathPattern
	name        interface{ ast.Node } // ast.Name
	code        interface{ ast.Node } // ast.Name that may begin with a reserved word
	reason      interface{ ast.Node } // ast.Name that is a text
	ident       interface{ ast.Node } // ast.Name that has no dashes and no quotes
	regex       interface{ ast.Node } // *ast.Regex
	number      interface{ ast.Node } // *ast.Number
	raw         interface{ ast.Node } // *ast.Text
	object      interface{ ast.Node } // *ast.Object
	perEnv      interface{ ast.Node } // *ast.PerEnv
	block       interface{ ast.Node } // *ast.Block
	bounds      interface{ ast.Node } // ast.Bounds
	forList     interface{ ast.Node } // ast.Environments
	database    interface{ ast.Node } // ast.NameOrPerEnv
)

// as returns the node behind a custom production, the zero value when it was not given.
func as[T any](v any) T {
	t, _ := v.(T)
	return t
}

func list[T, V any](vs []V) []T {
	var out []T
	for _, v := range vs {
		out = append(out, as[T](v))
	}
	return out
}

func optional[V any](v V) *ast.Name {
	if n, ok := any(v).(ast.Name); ok {
		return &n
	}
	return nil
}

// production is one keyword's grammar.
type production struct {
	keyword.Keyword
	parse func(*lexer.PeekingLexer) (builder, error)
	ebnf  func() string
}

// builder is a parsed production: *G of produce.
type builder interface {
	build(*machine, ast.At) ast.Node
}

func produce[G any, P interface {
	*G
	builder
}](options []participle.Option, at keyword.Place, word, form string) *production {
	// Built on first use: most files use few of them.
	parser := sync.OnceValue(func() *participle.Parser[G] { return participle.MustBuild[G](options...) })
	return &production{
		Keyword: keyword.Keyword{Word: word, Place: at, Form: form},
		parse: func(lex *lexer.PeekingLexer) (builder, error) {
			g, err := parser().ParseFromLexer(lex, participle.AllowTrailing(true))
			return P(g), err
		},
		ebnf: func() string { return parser().String() },
	}
}

// grammar lists all productions in the order of the language's reference.
func grammar(o []participle.Option) []*production {
	return []*production{
		produce[weaveDecl](o, keyword.Declaration, "weave", "weave NAME"),
		produce[environmentsDecl](o, keyword.Declaration, "environments", "environments NAME, NAME = (NAME, NAME)"),
		produce[clusterDecl](o, keyword.Declaration, "environment", "environment NAME { cluster matches /PATTERN/ }"),
		produce[sourceDecl](o, keyword.Declaration, "source", "source NAME { database NAME redact PATH }"),
		produce[inputDecl](o, keyword.Declaration, "input", "input NAME: TYPE"),
		produce[fromDecl](o, keyword.Declaration, "from", "from SOURCE into DATABASE { … }"),
		produce[defaultsDecl](o, keyword.Declaration, "defaults", "defaults { … }"),
		produce[amendDecl](o, keyword.Declaration, "amend", "amend COLLECTION for ENVIRONMENT { … }"),
		produce[testDecl](o, keyword.Declaration, "test", `test "NAME" for ENVIRONMENT { … }`),
		produce[acceptStmt](o, keyword.Anywhere, "accept", `accept CODE "REASON"`),
		produce[givenStmt](o, keyword.TestOnly, "given", "given COLLECTION { NAME: VALUE, … }"),
		produce[expectStmt](o, keyword.TestOnly, "expect", "expect COLLECTION with { NAME: VALUE, … }"),
		produce[syncStmt](o, keyword.FromOnly, "sync", "sync COLLECTION by PATH { … }"),
		produce[onlyStmt](o, keyword.Statement, "only", "only where CONDITION"),
		produce[exceptStmt](o, keyword.Statement, "except", "except where CONDITION"),
		produce[lookupStmt](o, keyword.Statement, "lookup", "lookup NAME in COLLECTION where CONDITION"),
		produce[letStmt](o, keyword.Statement, "let", "let NAME = VALUE"),
		produce[setStmt](o, keyword.Statement, "set", "set PATH = VALUE"),
		produce[createStmt](o, keyword.Statement, "create", "create PATH = VALUE"),
		produce[removeStmt](o, keyword.Statement, "remove", "remove PATH, PATH"),
		produce[renameStmt](o, keyword.Statement, "rename", "rename PATH to PATH"),
		produce[addStmt](o, keyword.Statement, "add", "add VALUE to PATH"),
		produce[eachStmt](o, keyword.Statement, "each", "each NAME in PATH where CONDITION { … }"),
		produce[whereStmt](o, keyword.Statement, "where", "where CONDITION { … }"),
		produce[forStmt](o, keyword.Statement, "for", "for ENVIRONMENT, ENVIRONMENT { … }"),
		produce[documentStmt](o, keyword.Statement, "document", "document { NAME: VALUE, … }"),
		produce[movedStmt](o, keyword.Statement, "moved", "moved OLD IDENTITY to NEW IDENTITY"),
		produce[checkStmt](o, keyword.Statement, "check", `check CONDITION else "message"`),
		produce[warnStmt](o, keyword.Statement, "warn", `warn CONDITION else "message"`),
		produce[modeStmt](o, keyword.Policy, "mode", "mode "+strings.Join(modes, "|")),
		produce[redactStmt](o, keyword.Policy, "redact", "redact PATH, *.NAME"),
		produce[omitStmt](o, keyword.Policy, "omit", "omit PATH, *.NAME"),
		produce[notSecretStmt](o, keyword.Policy, "not", "not secret PATH, *.NAME"),
		produce[linkStmt](o, keyword.Policy, "link", "link PATH to COLLECTION"),
		produce[preserveStmt](o, keyword.Policy, "preserve", "preserve PATH, PATH"),
		produce[ignoreStmt](o, keyword.Policy, "ignore", "ignore PATH, PATH"),
		produce[absentStmt](o, keyword.Policy, "absent", "absent PATH, PATH"),
		produce[elementsStmt](o, keyword.Policy, "elements", "elements PATH by FIELD, FIELD without KEY"),
		produce[ensureStmt](o, keyword.Policy, "ensure", "ensure PATH has VALUE, VALUE"),
		produce[pruneStmt](o, keyword.Policy, "prune", "prune where CONDITION at most 5"),
		produce[backupStmt](o, keyword.Policy, "backup", "backup keep 20"),
		produce[driftStmt](o, keyword.Policy, "drift", "drift "+strings.Join(driftPolicies, "|")),
		produce[indexesStmt](o, keyword.Policy, "indexes", "indexes from source|exact|none"),
		produce[indexStmt](o, keyword.Policy, "index", "index on PATH, PATH desc { unique: true }"),
		produce[dropStmt](o, keyword.Policy, "drop", "drop index NAME"),
		produce[optionsStmt](o, keyword.Policy, "options", "options { validator: { … } }"),
		produce[beforeStmt](o, keyword.Policy, "before", "before { run { COMMAND } }"),
		produce[afterStmt](o, keyword.Policy, "after", "after { run { COMMAND } }"),
	}
}

type weaveDecl struct {
	Name     name   `parser:"'weave' @@"`
	Language number `parser:"('language' @@)?"`
}

func (g *weaveDecl) build(m *machine, at ast.At) ast.Node {
	d := &ast.WeaveDecl{At: at, Name: as[ast.Name](g.Name), Language: as[*ast.Number](g.Language)}
	if d.Language != nil {
		m.whole(d.Language, 1)
	}
	return d
}

type environmentsDecl struct {
	Entries []environmentEntry `parser:"'environments' @@ (',' @@)*"`
}

type environmentEntry struct {
	Tokens  []lexer.Token
	Name    name   `parser:"@@"`
	Members []name `parser:"('=' '(' @@ (',' @@)* ')')?"`
}

func (g *environmentsDecl) build(m *machine, at ast.At) ast.Node {
	d := &ast.EnvironmentsDecl{At: at}
	for _, e := range g.Entries {
		d.Entries = append(d.Entries, ast.EnvironmentEntry{At: m.at(e.Tokens), Name: as[ast.Name](e.Name), Members: list[ast.Name](e.Members)})
	}
	return d
}

type clusterDecl struct {
	Environment name  `parser:"'environment' @@ '{' 'cluster' 'matches'"`
	Matches     regex `parser:"@@ '}'"`
}

func (g *clusterDecl) build(_ *machine, at ast.At) ast.Node {
	return &ast.ClusterDecl{At: at, Environment: as[ast.Name](g.Environment), Matches: as[*ast.Regex](g.Matches)}
}

type sourceDecl struct {
	Name     name           `parser:"'source' @@ '{'"`
	Database name           `parser:"('database' @@)?"`
	Policies []sourcePolicy `parser:"@@* '}'"`
}

type sourcePolicy struct {
	Tokens    []lexer.Token
	Redact    *redactStmt    `parser:"@@"`
	Omit      *omitStmt      `parser:"| @@"`
	NotSecret *notSecretStmt `parser:"| @@"`
}

func (g *sourcePolicy) build(m *machine) *ast.PathPolicy {
	at := m.at(g.Tokens)
	switch {
	case g.Redact != nil:
		return g.Redact.build(m, at).(*ast.PathPolicy)
	case g.Omit != nil:
		return g.Omit.build(m, at).(*ast.PathPolicy)
	}
	return g.NotSecret.build(m, at).(*ast.PathPolicy)
}

func (g *sourceDecl) build(m *machine, at ast.At) ast.Node {
	d := &ast.SourceDecl{At: at, Name: as[ast.Name](g.Name), Database: optional(g.Database)}
	for _, p := range g.Policies {
		d.Policies = append(d.Policies, p.build(m))
	}
	return d
}

type inputDecl struct {
	Name    ident `parser:"'input' @@ ':'"`
	Type    ident `parser:"@@"`
	Default expr  `parser:"('=' @@)?"`
}

func (g *inputDecl) build(_ *machine, at ast.At) ast.Node {
	return &ast.InputDecl{At: at, Name: as[ast.Name](g.Name), Type: as[ast.Name](g.Type), Default: as[ast.Expr](g.Default)}
}

type nameOrPerEnv struct {
	Tokens []lexer.Token
	PerEnv perEnv `parser:"@@"`
	Name   name   `parser:"| @@"`
}

func (g *nameOrPerEnv) build(m *machine) ast.NameOrPerEnv {
	return ast.NameOrPerEnv{At: m.at(g.Tokens), Name: optional(g.Name), PerEnv: as[*ast.PerEnv](g.PerEnv)}
}

type fromDecl struct {
	Source nameOrPerEnv `parser:"'from' @@ 'into'"`
	Into   database     `parser:"@@"`
	FanOut *fanOut      `parser:"@@?"`
	Body   block        `parser:"@@"`
}

func (g *fromDecl) build(m *machine, at ast.At) ast.Node {
	body := as[*ast.Block](g.Body)
	return &ast.FromDecl{At: at, Source: g.Source.build(m), Into: as[ast.NameOrPerEnv](g.Into), FanOut: g.FanOut.build(m), Body: body.Stmts, Accepts: body.Accepts}
}

type fanOut struct {
	Tokens     []lexer.Token
	Name       ident   `parser:"'for' 'each' @@ 'in'"`
	Collection name    `parser:"@@"`
	Source     name    `parser:"('from' @@)?"`
	Cond       expr    `parser:"('where' @@)?"`
	Expect     *expect `parser:"@@?"`
}

func (g *fanOut) build(m *machine) *ast.FanOut {
	if g == nil {
		return nil
	}
	return &ast.FanOut{
		At: m.at(g.Tokens), Name: as[ast.Name](g.Name), Collection: as[ast.Name](g.Collection), Source: optional(g.Source),
		Cond: as[ast.Expr](g.Cond), Expect: g.Expect.build(m),
	}
}

type defaultsDecl struct {
	Body block `parser:"'defaults' @@"`
}

func (g *defaultsDecl) build(_ *machine, at ast.At) ast.Node {
	return &ast.DefaultsDecl{At: at, Body: as[*ast.Block](g.Body)}
}

type amendDecl struct {
	Collection   name    `parser:"'amend' @@"`
	Source       name    `parser:"('from' @@)?"`
	Environments forList `parser:"('for' @@)?"`
	Body         block   `parser:"@@"`
}

func (g *amendDecl) build(_ *machine, at ast.At) ast.Node {
	return &ast.AmendDecl{
		At: at, Collection: as[ast.Name](g.Collection), Source: optional(g.Source),
		Environments: as[ast.Environments](g.Environments), Body: as[*ast.Block](g.Body),
	}
}

// Keyword reports whether a declaration or statement may begin with a word.
func Keyword(word string) bool {
	m := machines.Get().(*machine)
	defer machines.Put(m)
	return m.Keywords.Named(word) != nil || m.Keywords.InTests(word) != nil
}

// Grammar returns the grammar of the language as EBNF: participle's for
// declarations and statements, then that of the custom productions.
func Grammar() string {
	m := machines.Get().(*machine)
	defer machines.Put(m)
	var b strings.Builder
	seen := map[string]bool{}
	for _, k := range m.Keywords.Ordered {
		for _, line := range strings.Split(m.productions[k].ebnf(), "\n") {
			if !seen[line] {
				seen[line] = true
				b.WriteString(line + "\n")
			}
		}
	}
	b.WriteString(customGrammar)
	return b.String()
}

// errNoMatch tells participle that an optional custom production is not there.
var errNoMatch error = participle.NextMatch

// unexpected is participle's own error, when a keyword or operator of a production is missing.
func unexpected(err error) (*participle.UnexpectedTokenError, bool) {
	var u *participle.UnexpectedTokenError
	return u, errors.As(err, &u)
}
