// Package ast is the syntax tree of a .weave file: plain data, made by
// lang/parser, read by lang/check, lang/format and the compiler, changed by nobody.
//
// This file has files, declarations and names; stmt.go has statements and
// expr.go has expressions. Every node embeds the Span it was written at.
package ast

import "github.com/hayone1/mongocd/lang/source"

// Node is anything with a place.
type Node interface {
	// Place returns the source range of the node.
	Place() source.Span
}

// At is embedded by every node and holds its source range.
type At struct{ Span source.Span }

// Place returns the source range of the node.
func (a At) Place() source.Span { return a.Span }

// File is one parsed .weave file.
type File struct {
	Source *source.File
	Decls  []Decl
	// Accepts are those at the top, behind the declarations that they are about.
	Accepts []*Accept
}

// Name is the name of a weave, environment, source, database, collection or
// index as its text stands for it (quotes and escapes resolved).
type Name struct {
	At
	Text string
}

// NameOrPerEnv is a name that may depend on the environment, or is calculated: exactly one field is set.
type NameOrPerEnv struct {
	At
	Name   *Name
	PerEnv *PerEnv
	// Computed is the text of a database's name in a fan-out: "shop_${t.code}", t.database.
	Computed Expr
}

// Environments is the list behind `for`: environments and groups or, with Except,
// `all except` these. The zero value, where nothing is written, is all of them.
type Environments struct {
	At
	Except bool
	Names  []Name
}

// Decl is a declaration at the top of a file.
type Decl interface {
	Node
	decl()
}

// WeaveDecl is `weave NAME [language N]`.
type WeaveDecl struct {
	At
	Name     Name
	Language *Number // nil when not given
}

// EnvironmentsDecl is `environments a, b = (c, d)`.
type EnvironmentsDecl struct {
	At
	Entries []EnvironmentEntry
}

// EnvironmentEntry is an environment, or a group when it has members; a
// group's name stands for its members.
type EnvironmentEntry struct {
	At
	Name    Name
	Members []Name
}

// ClusterDecl is `environment NAME { cluster matches /…/ }`.
type ClusterDecl struct {
	At
	Environment Name
	Matches     *Regex
}

// SourceDecl is `source NAME { [database NAME] … }`. Policies are `redact`, `omit` and
// `not secret`, about every collection of the source.
type SourceDecl struct {
	At
	Name     Name
	Database *Name // nil: the source's own name
	Policies []*PathPolicy
}

// InputDecl is `input NAME: TYPE [= default]`.
type InputDecl struct {
	At
	Name    Name
	Type    Name
	Default Expr // nil when not given
}

// FromDecl is `from SOURCE into DATABASE [for each …] { … }`. Body holds *Sync, policies
// and `for` blocks of policies.
type FromDecl struct {
	At
	Source, Into NameOrPerEnv
	FanOut       *FanOut // nil: one database
	Body         []Stmt
	Accepts      []*Accept
}

// FanOut is `for each NAME in COLLECTION [from SOURCE] [where E] [expect …]`: a
// database for each of these documents.
type FanOut struct {
	At
	Name       Name
	Collection Name
	Source     *Name // nil: the source of the `from`
	Cond       Expr  // nil: all of them
	Expect     *Expect
}

// DefaultsDecl is `defaults { … }`: policies and `for` blocks of policies.
type DefaultsDecl struct {
	At
	Body *Block
}

// AmendDecl is `amend COLLECTION [from SOURCE] [for …] { … }`.
type AmendDecl struct {
	At
	Collection   Name
	Source       *Name
	Environments Environments
	Body         *Block
}

func (*WeaveDecl) decl()        {}
func (*EnvironmentsDecl) decl() {}
func (*ClusterDecl) decl()      {}
func (*SourceDecl) decl()       {}
func (*InputDecl) decl()        {}
func (*Let) decl()              {}
func (*FromDecl) decl()         {}
func (*DefaultsDecl) decl()     {}
func (*AmendDecl) decl()        {}
