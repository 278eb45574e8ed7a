package wire

import "strings"

// writing are the commands that can change data, structure or settings of a
// database, in lower case (servers accept some names in several cases).
var writing = map[string]bool{
	"insert": true, "update": true, "delete": true, "findandmodify": true, "bulkwrite": true,
	"create": true, "createindexes": true, "drop": true, "dropindexes": true, "dropdatabase": true,
	"deleteindexes": true, "collmod": true, "renamecollection": true, "converttocapped": true,
	"clonecollectionascapped": true, "mapreduce": true, "reindex": true, "compact": true,
	"applyops": true, "shardcollection": true, "reshardcollection": true, "enablesharding": true,
	"createsearchindexes": true, "updatesearchindex": true, "dropsearchindex": true,
	"createuser": true, "updateuser": true, "dropuser": true, "createrole": true, "updaterole": true, "droprole": true,
	"setparameter": true, "setfeaturecompatibilityversion": true,
}

// Writes returns the commands that write: of documents, structure, users or
// settings, and aggregations with $out or $merge.
func Writes(commands []Command) []Command {
	var out []Command
	for _, c := range commands {
		if c.Writes() {
			out = append(out, c)
		}
	}
	return out
}

// Writes reports whether the command can change something.
func (c Command) Writes() bool {
	name := strings.ToLower(c.Name)
	if name == "aggregate" {
		for _, stage := range c.Statements("pipeline") {
			if first, err := stage.IndexErr(0); err == nil && (first.Key() == "$out" || first.Key() == "$merge") {
				return true
			}
		}
	}
	return writing[name]
}

// Names returns the commands' names, for messages.
func Names(commands []Command) []string {
	names := make([]string, len(commands))
	for i, c := range commands {
		names[i] = c.Name
	}
	return names
}
