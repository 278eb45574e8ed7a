package stores

// Names that a run may write to. In: names of databases and collections; out: whether
// they are the server's own, or none. Pure.

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// SystemDatabase reports whether a database is the server's own (MongoDB manual:
// reference/system-collections).
func SystemDatabase(name string) bool {
	return slices.Contains(systemDatabases, name)
}

//js:table
var systemDatabases = []string{"admin", "config", "local"}

// ValidDatabase: MongoDB manual, reference/limits, Naming Restrictions.
func ValidDatabase(name string) bool {
	return name != "" && len(name) < 64 && utf8.ValidString(name) && !strings.ContainsAny(name, "/\\. \"$*<>:|?\x00")
}

// Writable reports whether a collection of this name can be anybody's but the server's.
func (n Namespace) Writable() bool {
	return !SystemDatabase(n.Database) && ValidDatabase(n.Database) &&
		n.Collection != "" && !strings.HasPrefix(n.Collection, "system.") && !strings.ContainsAny(n.Collection, "\x00$")
}
