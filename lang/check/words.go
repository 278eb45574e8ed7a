package check

// Statements as they are called in messages, and their groups.

import "github.com/hayone1/mongocd/lang/ast"

// isPolicy reports whether a statement says how the destination is treated: it
// can also stand in `from`, as a default.
func isPolicy(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.Mode, *ast.PathPolicy, *ast.OwnedPart, *ast.Link, *ast.Prune, *ast.Backup, *ast.Drift, *ast.Indexes, *ast.Index, *ast.DropIndex, *ast.Options, *ast.Hook:
		return true
	}
	return false
}

// Word is the statement as it begins.
func Word(s ast.Stmt) string {
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
	case *ast.Else:
		return "else"
	case *ast.For:
		return "for"
	case *ast.Document:
		return "document"
	case *ast.Moved:
		return "moved"
	case *ast.Check:
		if s.Warn {
			return "warn"
		}
		return "check"
	case *ast.Mode:
		return "mode"
	case *ast.PathPolicy:
		return string(s.Kind)
	case *ast.OwnedPart:
		return string(s.Kind)
	case *ast.Link:
		return "link"
	case *ast.Prune:
		return "prune"
	case *ast.Backup:
		return "backup"
	case *ast.Drift:
		return "drift"
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
