package check

// Statements as they are called in messages, and those of later versions.

import "github.com/hayone1/mongocd/lang/ast"

// laterStatement names a statement of the language that this version does not
// implement; it is empty for the others.
func laterStatement(s ast.Stmt) string {
	switch s := s.(type) {
	case *ast.Lookup, *ast.Add, *ast.Each, *ast.Document, *ast.Link, *ast.Backup, *ast.DropIndex, *ast.Hook, *ast.Index, *ast.Indexes, *ast.Options:
		return word(s)
	case *ast.PathPolicy:
		if s.Kind != ast.Preserve {
			return string(s.Kind)
		}
	}
	return ""
}

// word is the statement as it begins.
func word(s ast.Stmt) string {
	switch s := s.(type) {
	case *ast.Sync:
		return "sync"
	case *ast.Filter:
		if s.Except {
			return "except where"
		}
		return "only where"
	case *ast.Lookup:
		return "lookup"
	case *ast.Let:
		return "let"
	case *ast.Assign:
		if s.Create {
			return "create"
		}
		return "set"
	case *ast.Remove:
		return "remove"
	case *ast.Rename:
		return "rename"
	case *ast.Add:
		return "add"
	case *ast.Each:
		return "each"
	case *ast.Where:
		return "where"
	case *ast.For:
		return "for"
	case *ast.Document:
		return "document"
	case *ast.Check:
		return "check"
	case *ast.Mode:
		return "mode"
	case *ast.PathPolicy:
		return string(s.Kind)
	case *ast.Link:
		return "link"
	case *ast.Prune:
		return "prune"
	case *ast.Backup:
		return "backup"
	case *ast.Indexes:
		return "indexes"
	case *ast.Index:
		return "index on"
	case *ast.DropIndex:
		return "drop index"
	case *ast.Options:
		return "options"
	case *ast.Hook:
		if s.After {
			return "after"
		}
		return "before"
	}
	return "statement"
}
