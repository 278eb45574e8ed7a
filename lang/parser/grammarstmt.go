// The grammar of statements; see grammar.go.
package parser

import (
	"slices"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/hayone1/mongocd/lang/ast"
	"github.com/hayone1/mongocd/lang/diag"
)

type expect struct {
	Tokens []lexer.Token
	Any    bool   `parser:"'expect' ( @'any'"`
	Min    number `parser:"| @@"`
	Max    number `parser:"( 'to' @@"`
	More   bool   `parser:"| @'or' 'more' )? )"`
}

func (g *expect) build(m *machine) *ast.Expect {
	if g == nil {
		return nil
	}
	e := &ast.Expect{At: m.at(g.Tokens), Any: g.Any}
	if g.Any {
		return e
	}
	e.Min = m.whole(as[*ast.Number](g.Min), 0)
	switch {
	case g.Max != nil:
		e.Max = m.whole(as[*ast.Number](g.Max), e.Min)
	case g.More:
		e.Max = -1
	default:
		e.Max = e.Min
	}
	return e
}

type collPattern struct {
	Tokens []lexer.Token
	Regex  regex `parser:"@@"`
	Name   name  `parser:"| @@"`
}

func collPatterns(m *machine, gs []collPattern) []ast.CollPattern {
	var out []ast.CollPattern
	for _, g := range gs {
		out = append(out, ast.CollPattern{At: m.at(g.Tokens), Name: optional(g.Name), Regex: as[*ast.Regex](g.Regex)})
	}
	return out
}

type syncStmt struct {
	All         bool          `parser:"'sync' ( @'all'"`
	Collections []collPattern `parser:"| @@ (',' @@)* )"`
	Except      []collPattern `parser:"('except' @@ (',' @@)*)?"`
	Clauses     []syncClause  `parser:"@@*"`
	Expect      *expect       `parser:"@@?"`
	Body        block         `parser:"@@?"`
}

type syncClause struct {
	Tokens []lexer.Token
	As     name   `parser:"'as' @@"`
	By     []path `parser:"| 'by' @@ (',' @@)*"`
}

func (g *syncStmt) build(m *machine, at ast.At) ast.Node {
	s := &ast.Sync{
		At: at, All: g.All, Collections: collPatterns(m, g.Collections), Except: collPatterns(m, g.Except),
		Expect: g.Expect.build(m), Body: as[*ast.Block](g.Body),
	}
	for _, c := range g.Clauses {
		word := "as"
		if c.As == nil {
			word = "by"
		}
		if s.As != nil && c.As != nil || s.By != nil && c.By != nil {
			m.report(diag.Diagnostic{
				Code: diag.RepeatedClause, Span: m.at(c.Tokens).Span,
				Message: "`" + word + "` is given twice in one `sync`", Label: "the second one",
			})
			continue
		}
		if c.As != nil {
			s.As = optional(c.As)
		} else {
			s.By = list[*ast.Path](c.By)
		}
	}
	return s
}

type onlyStmt struct {
	Cond   expr    `parser:"'only' 'where' @@"`
	Expect *expect `parser:"@@?"`
}

func (g *onlyStmt) build(m *machine, at ast.At) ast.Node {
	return &ast.Filter{At: at, Cond: as[ast.Expr](g.Cond), Expect: g.Expect.build(m)}
}

type exceptStmt struct {
	Cond   expr    `parser:"'except' 'where' @@"`
	Expect *expect `parser:"@@?"`
}

func (g *exceptStmt) build(m *machine, at ast.At) ast.Node {
	return &ast.Filter{At: at, Except: true, Cond: as[ast.Expr](g.Cond), Expect: g.Expect.build(m)}
}

type lookupStmt struct {
	Name       ident   `parser:"'lookup' @@ 'in'"`
	Collection name    `parser:"@@"`
	Source     name    `parser:"('from' @@)?"`
	Cond       expr    `parser:"'where' @@"`
	Expect     *expect `parser:"@@?"`
}

func (g *lookupStmt) build(m *machine, at ast.At) ast.Node {
	return &ast.Lookup{
		At: at, Name: as[ast.Name](g.Name), Collection: as[ast.Name](g.Collection), Source: optional(g.Source),
		Cond: as[ast.Expr](g.Cond), Expect: g.Expect.build(m),
	}
}

type letStmt struct {
	Name  ident `parser:"'let' @@ '='"`
	Value expr  `parser:"@@"`
}

func (g *letStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.Let{At: at, Name: as[ast.Name](g.Name), Value: as[ast.Expr](g.Value)}
}

type setStmt struct {
	Path  path `parser:"'set' @@ '='"`
	Value expr `parser:"@@"`
}

func (g *setStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.Assign{At: at, Path: as[*ast.Path](g.Path), Value: as[ast.Expr](g.Value)}
}

type createStmt struct {
	Path  path `parser:"'create' @@ '='"`
	Value expr `parser:"@@"`
}

func (g *createStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.Assign{At: at, Create: true, Path: as[*ast.Path](g.Path), Value: as[ast.Expr](g.Value)}
}

type removeStmt struct {
	Paths  []path  `parser:"'remove' @@ (',' @@)*"`
	Expect *expect `parser:"@@?"`
}

func (g *removeStmt) build(m *machine, at ast.At) ast.Node {
	return &ast.Remove{At: at, Paths: list[*ast.Path](g.Paths), Expect: g.Expect.build(m)}
}

type renameStmt struct {
	From path `parser:"'rename' @@ 'to'"`
	To   path `parser:"@@"`
}

func (g *renameStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.Rename{At: at, From: as[*ast.Path](g.From), To: as[*ast.Path](g.To)}
}

type addStmt struct {
	Value expr `parser:"'add' @@ 'to'"`
	Path  path `parser:"@@"`
}

func (g *addStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.Add{At: at, Value: as[ast.Expr](g.Value), Path: as[*ast.Path](g.Path)}
}

type forStmt struct {
	Environments forList `parser:"'for' @@"`
	Body         block   `parser:"@@"`
}

func (g *forStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.For{At: at, Environments: as[ast.Environments](g.Environments), Body: as[*ast.Block](g.Body)}
}

type documentStmt struct {
	Object object `parser:"'document' @@"`
}

func (g *documentStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.Document{At: at, Object: as[*ast.Object](g.Object)}
}

type checkStmt struct {
	Body checkBody `parser:"'check' @@"`
}

type warnStmt struct {
	Body checkBody `parser:"'warn' @@"`
}

type checkBody struct {
	Unique   []path     `parser:"( 'unique' @@ (',' @@)*"`
	Cond     expr       `parser:"| @@"`
	RefersTo *reference `parser:"@@? )"`
	Else     expr       `parser:"('else' @@)?"`
}

type reference struct {
	Tokens     []lexer.Token
	Collection name `parser:"'refers' 'to' @@ '.'"`
	Path       path `parser:"@@"`
	Source     name `parser:"('from' @@)?"`
}

func (g *checkStmt) build(m *machine, at ast.At) ast.Node { return g.Body.build(m, at, false) }
func (g *warnStmt) build(m *machine, at ast.At) ast.Node  { return g.Body.build(m, at, true) }

func (g *checkBody) build(m *machine, at ast.At, warn bool) *ast.Check {
	c := &ast.Check{At: at, Warn: warn, Cond: as[ast.Expr](g.Cond), Unique: list[*ast.Path](g.Unique), Else: as[ast.Expr](g.Else)}
	if r := g.RefersTo; r != nil {
		c.RefersTo = &ast.Reference{
			At: m.at(r.Tokens), Collection: as[ast.Name](r.Collection), Path: as[*ast.Path](r.Path), Source: optional(r.Source),
		}
		if _, ok := c.Cond.(*ast.Path); !ok {
			m.report(diag.Diagnostic{
				Code: diag.SyntaxError, Span: c.Cond.Place(), Message: "only a path can refer to something", Label: "not a path",
				Notes: []string{"write `check PATH refers to COLLECTION.PATH`"},
			})
		}
	}
	return c
}

var modes = []string{"replace", "exact", "merge", "update", "insert", "structure"}

type modeStmt struct {
	Name ident `parser:"'mode' @@"`
}

func (g *modeStmt) build(m *machine, at ast.At) ast.Node {
	n := as[ast.Name](g.Name)
	if !slices.Contains(modes, n.Text) {
		m.unknownWord(n, "mode", modes)
	}
	return &ast.Mode{At: at, Name: n}
}

type redactStmt struct {
	Paths []pathPattern `parser:"'redact' @@ (',' @@)*"`
}

func (g *redactStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.PathPolicy{At: at, Kind: ast.Redact, Paths: list[ast.PathPattern](g.Paths)}
}

type omitStmt struct {
	Paths []pathPattern `parser:"'omit' @@ (',' @@)*"`
}

func (g *omitStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.PathPolicy{At: at, Kind: ast.Omit, Paths: list[ast.PathPattern](g.Paths)}
}

type notSecretStmt struct {
	Paths []pathPattern `parser:"'not' 'secret' @@ (',' @@)*"`
}

func (g *notSecretStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.PathPolicy{At: at, Kind: ast.NotSecret, Paths: list[ast.PathPattern](g.Paths)}
}

type preserveStmt struct {
	Paths []path `parser:"'preserve' @@ (',' @@)*"`
}

func (g *preserveStmt) build(_ *machine, at ast.At) ast.Node {
	return pathPolicy(at, ast.Preserve, g.Paths)
}

type ignoreStmt struct {
	Paths []path `parser:"'ignore' @@ (',' @@)*"`
}

func (g *ignoreStmt) build(_ *machine, at ast.At) ast.Node {
	return pathPolicy(at, ast.Ignore, g.Paths)
}

type absentStmt struct {
	Paths []path `parser:"'absent' @@ (',' @@)*"`
}

func (g *absentStmt) build(_ *machine, at ast.At) ast.Node {
	return pathPolicy(at, ast.Absent, g.Paths)
}

func pathPolicy(at ast.At, kind ast.PathPolicyKind, paths []path) ast.Node {
	p := &ast.PathPolicy{At: at, Kind: kind}
	for _, q := range list[*ast.Path](paths) {
		p.Paths = append(p.Paths, ast.PathPattern{At: q.At, Path: q})
	}
	return p
}

type linkStmt struct {
	Path       path `parser:"'link' @@ 'to'"`
	Collection name `parser:"@@"`
}

func (g *linkStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.Link{At: at, Path: as[*ast.Path](g.Path), Collection: as[ast.Name](g.Collection)}
}

type backupStmt struct {
	Keep number `parser:"'backup' 'keep' @@"`
}

func (g *backupStmt) build(m *machine, at ast.At) ast.Node {
	return &ast.Backup{At: at, Keep: m.whole(as[*ast.Number](g.Keep), 0)}
}

var driftPolicies = []string{"repair", "keep", "stop"}

type driftStmt struct {
	Name ident `parser:"'drift' @@"`
}

func (g *driftStmt) build(m *machine, at ast.At) ast.Node {
	n := as[ast.Name](g.Name)
	if !slices.Contains(driftPolicies, n.Text) {
		m.unknownWord(n, "drift policy", driftPolicies)
	}
	return &ast.Drift{At: at, Name: n}
}

type indexesStmt struct {
	From  bool `parser:"'indexes' ( @'from' 'source'"`
	Exact bool `parser:"| @'exact'"`
	None  bool `parser:"| @'none' )"`
}

func (g *indexesStmt) build(_ *machine, at ast.At) ast.Node {
	s := &ast.Indexes{At: at, Policy: "from source"}
	if g.Exact {
		s.Policy = "exact"
	} else if g.None {
		s.Policy = "none"
	}
	return s
}

type indexStmt struct {
	Keys    []indexKey `parser:"'index' 'on' @@ (',' @@)*"`
	Options object     `parser:"@@?"`
}

type indexKey struct {
	Tokens []lexer.Token
	Path   path   `parser:"@@"`
	Kind   string `parser:"( @('asc' | 'desc' | 'text' | 'hashed')"`
	Raw    raw    `parser:"| @@ )?"`
}

func (g *indexStmt) build(m *machine, at ast.At) ast.Node {
	s := &ast.Index{At: at, Options: as[*ast.Object](g.Options)}
	for _, k := range g.Keys {
		kind := k.Kind
		if r := as[*ast.Text](k.Raw); r != nil && len(r.Parts) > 0 {
			kind = r.Parts[0].Literal
		}
		s.Keys = append(s.Keys, ast.IndexKey{At: m.at(k.Tokens), Path: as[*ast.Path](k.Path), Kind: kind})
	}
	return s
}

type dropStmt struct {
	Name name `parser:"'drop' 'index' @@"`
}

func (g *dropStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.DropIndex{At: at, Name: as[ast.Name](g.Name)}
}

type optionsStmt struct {
	From   bool   `parser:"'options' ( @'from' 'source'"`
	Object object `parser:"| @@ )"`
}

func (g *optionsStmt) build(_ *machine, at ast.At) ast.Node {
	return &ast.Options{At: at, Object: as[*ast.Object](g.Object)}
}

type beforeStmt struct {
	Runs []run `parser:"'before' '{' @@* '}'"`
}

type afterStmt struct {
	Runs []run `parser:"'after' '{' @@* '}'"`
}

type run struct {
	Tokens   []lexer.Token
	Command  object `parser:"'run' @@"`
	Database name   `parser:"('on' @@)?"`
}

func (g *beforeStmt) build(m *machine, at ast.At) ast.Node {
	return &ast.Hook{At: at, Runs: runs(m, g.Runs)}
}

func (g *afterStmt) build(m *machine, at ast.At) ast.Node {
	return &ast.Hook{At: at, After: true, Runs: runs(m, g.Runs)}
}

func runs(m *machine, gs []run) []ast.Run {
	var out []ast.Run
	for _, g := range gs {
		out = append(out, ast.Run{At: m.at(g.Tokens), Command: as[*ast.Object](g.Command), Database: optional(g.Database)})
	}
	return out
}
