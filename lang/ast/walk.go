// Walking trees.
package ast

// Walk calls visit for n and, as long as visit returns true for a node, for
// what it is made of, in the order of the source (clauses that may stand in any
// order, in the order of the fields). Parts that are values — names, steps,
// fields of objects, entries, patterns — are visited as values.
func Walk(n Node, visit func(Node) bool) {
	if visit(n) {
		children(n, func(c Node) { Walk(c, visit) })
	}
}

// Any reports whether is holds for n or something that it is made of.
func Any(n Node, is func(Node) bool) bool {
	found := false
	Walk(n, func(n Node) bool {
		found = found || is(n)
		return !found
	})
	return found
}

// Subexpressions are the expressions directly inside of an expression, in order of the text.
func Subexpressions(x Expr) []Expr {
	var out []Expr
	var take func(n Node)
	take = func(n Node) {
		switch n := n.(type) {
		case Expr:
			out = append(out, n)
		case TextPart, ObjectField, EnvEntry, SortKey:
			children(n, take)
		}
	}
	exprChildren(x, take)
	return out
}

// each calls f for the parts of a slice.
func each[T Node](parts []T, f func(Node)) {
	for _, p := range parts {
		f(p)
	}
}

// some calls f for a pointer that is set.
func some[T any, P interface {
	*T
	Node
}](p P, f func(Node)) {
	if p != nil {
		f(p)
	}
}

// named calls f for the value behind an optional name.
func named(n *Name, f func(Node)) {
	if n != nil {
		f(*n)
	}
}

// given calls f for an optional expression.
func given(e Expr, f func(Node)) {
	if e != nil {
		f(e)
	}
}

func children(n Node, f func(Node)) {
	switch n := n.(type) {
	case *Block:
		each(n.Stmts, f)
		each(n.Accepts, f)
	case *Accept:
		f(n.Code)
		f(n.Reason)
	case NameOrPerEnv:
		named(n.Name, f)
		some(n.PerEnv, f)
		given(n.Computed, f)
	case *FanOut:
		f(n.Name)
		f(n.Collection)
		named(n.Source, f)
		given(n.Cond, f)
		some(n.Expect, f)
	case Expr:
		exprChildren(n, f)
	case Stmt:
		stmtChildren(n, f)
	case Decl:
		declChildren(n, f)
	case EnvironmentEntry:
		f(n.Name)
		each(n.Members, f)
	case CollPattern:
		named(n.Name, f)
		some(n.Regex, f)
	case PathPattern:
		some(n.Path, f)
		named(n.Leaf, f)
	case IndexKey:
		f(n.Path)
	case Bounds:
		each(n.Entries, f)
	case Bound:
		if !n.Env.Span.IsZero() {
			f(n.Env)
		}
	case Run:
		f(n.Command)
		named(n.Database, f)
	case *Reference:
		f(n.Collection)
		f(n.Path)
		named(n.Source, f)
	case TextPart:
		given(n.Expr, f)
	case ObjectField:
		if n.Key == nil {
			f(n.Name)
		}
		given(n.Key, f)
		f(n.Value)
	case SortKey:
		f(n.X)
	case EnvEntry:
		if !n.Else {
			f(n.Env)
		}
		f(n.Value)
	}
}

func declChildren(n Decl, f func(Node)) {
	switch n := n.(type) {
	case *WeaveDecl:
		f(n.Name)
		some(n.Language, f)
	case *EnvironmentsDecl:
		each(n.Entries, f)
	case *ClusterDecl:
		f(n.Environment)
		f(n.Matches)
	case *SourceDecl:
		f(n.Name)
		named(n.Database, f)
		each(n.Policies, f)
	case *InputDecl:
		f(n.Name)
		f(n.Type)
		given(n.Default, f)
	case *FromDecl:
		f(n.Source)
		f(n.Into)
		some(n.FanOut, f)
		each(n.Body, f)
		each(n.Accepts, f)
	case *DefaultsDecl:
		f(n.Body)
	case *AmendDecl:
		f(n.Collection)
		named(n.Source, f)
		each(n.Environments.Names, f)
		f(n.Body)
	case *TestDecl:
		f(n.Name)
		each(n.Environments.Names, f)
		f(n.Body)
	}
}

func stmtChildren(n Stmt, f func(Node)) {
	switch n := n.(type) {
	case *Sync:
		each(n.Collections, f)
		each(n.Except, f)
		named(n.As, f)
		each(n.By, f)
		some(n.Expect, f)
		some(n.Body, f)
	case *Filter:
		f(n.Cond)
		some(n.Expect, f)
	case *Lookup:
		f(n.Name)
		f(n.Collection)
		named(n.Source, f)
		f(n.Cond)
		some(n.Expect, f)
	case *Let:
		f(n.Name)
		f(n.Value)
	case *Assign:
		f(n.Path)
		f(n.Value)
	case *Remove:
		each(n.Paths, f)
		some(n.Expect, f)
	case *Rename:
		f(n.From)
		f(n.To)
	case *Add:
		f(n.Value)
		f(n.Path)
	case *Each:
		named(n.Key, f)
		f(n.Name)
		f(n.Path)
		given(n.Cond, f)
		some(n.Expect, f)
		f(n.Body)
	case *Where:
		f(n.Cond)
		some(n.Expect, f)
		f(n.Body)
		some(n.Else, f)
	case *Else:
		some(n.Where, f)
		some(n.Expect, f)
		some(n.Body, f)
	case *For:
		each(n.Environments.Names, f)
		f(n.Body)
	case *Document:
		f(n.Object)
	case *Check:
		given(n.Cond, f)
		each(n.Unique, f)
		some(n.RefersTo, f)
		given(n.Else, f)
	case *Mode:
		f(n.Name)
	case *PathPolicy:
		each(n.Paths, f)
	case *OwnedPart:
		f(n.Path)
		each(n.By, f)
		each(n.Values, f)
	case *Link:
		f(n.Path)
		f(n.Collection)
	case *Prune:
		given(n.Cond, f)
		f(n.Bounds)
	case *Moved:
		f(n.From)
		f(n.To)
	case *Index:
		each(n.Keys, f)
		some(n.Options, f)
	case *DropIndex:
		f(n.Name)
	case *Options:
		some(n.Object, f)
	case *Hook:
		each(n.Runs, f)
	case *Given:
		f(n.Collection)
		named(n.Source, f)
		f(n.Document)
	case *Expected:
		if n.Message != nil {
			f(n.Message.Code)
			return
		}
		f(n.Collection)
		named(n.Source, f)
		some(n.Document, f)
		each(n.Without, f)
	}
}

func exprChildren(n Expr, f func(Node)) {
	switch n := n.(type) {
	case *Path:
		each(n.Steps, f)
	case *Select:
		f(n.X)
		each(n.Steps, f)
	case *Text:
		each(n.Parts, f)
	case *List:
		each(n.Elems, f)
	case *Comprehension:
		given(n.Key, f)
		f(n.Elem)
		f(n.Name)
		f(n.In)
		given(n.Cond, f)
		each(n.Sort, f)
	case *Object:
		each(n.Fields, f)
	case *Call:
		f(n.Func)
		each(n.Args, f)
	case *If:
		f(n.Cond)
		f(n.Then)
		f(n.Else)
	case *PerEnv:
		each(n.Entries, f)
	case *Unary:
		f(n.X)
	case *Binary:
		f(n.X)
		f(n.Y)
	case *Is:
		f(n.X)
		f(n.Word)
	case *Matches:
		f(n.X)
		f(n.Regex)
	case *Between:
		f(n.X)
		f(n.Low)
		f(n.High)
	case *Quantified:
		f(n.Name)
		f(n.In)
		given(n.Cond, f)
		f(n.Has)
	case *Paren:
		f(n.X)
	}
}
