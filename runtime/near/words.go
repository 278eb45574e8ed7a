package near

// Words of other tools, and what they are here.

import "strings"

// Other is a word of other tools.
type Other struct{ Word, Is string }

// OtherCommands are their commands.
//
//js:table
var OtherCommands = []Other{
	{"status", "plan"}, {"preview", "plan"}, {"dry-run", "plan"}, {"drift", "verify"}, {"deploy", "apply"}, {"release", "apply"}, {"sync", "apply"}, {"push", "apply"}, {"run", "apply"},
	{"rollback", "undo"}, {"revert", "undo"}, {"validate", "check"}, {"lint", "check"}, {"build", "compile"}, {"generate", "compile"}, {"pull", "extract"}, {"fetch", "extract"},
	{"dump", "extract"}, {"export", "extract"}, {"new", "init"}, {"format", "fmt"}, {"history", "runs"}, {"log", "runs"}, {"unlock", "release-hold"}, {"resume", "release-hold"},
}

// otherFlags are their letters and words; the first that a command has is meant.
var otherFlags = []Other{
	{"e", "env"}, {"y", "yes"}, {"w", "workspace"}, {"o", "output"}, {"o", "out"}, {"q", "quiet"}, {"f", "from"}, {"f", "force"}, {"d", "database"}, {"c", "collection"}, {"t", "target"}, {"t", "timeout"},
	{"auto-approve", "yes"}, {"stage", "env"}, {"format", "output"}, {"dir", "workspace"}, {"folder", "workspace"}, {"db", "database"}, {"silent", "quiet"}, {"dry-run", "plan"},
}

// Command is the command, of those there are, that a word was meant to be; "": none.
func Command(word string, names []string) string {
	if near := Word(word, names); near != "" {
		return near
	}
	return other(OtherCommands, word, names)
}

// Flag is the flag, of those that a command has, that a name was meant to be; "": none.
// Names stand without dashes.
func Flag(word string, names []string) string {
	if is := other(otherFlags, word, names); is != "" {
		return is
	}
	if len(word) > 2 {
		if near := Word(word, names); near != "" {
			return near
		}
		for _, name := range names {
			if len(name) > 1 && (strings.HasPrefix(word, name) || strings.HasPrefix(name, word)) {
				return name
			}
		}
	}
	return ""
}

func other(list []Other, word string, names []string) string {
	for _, o := range list {
		if o.Word == strings.ToLower(word) {
			for _, name := range names {
				if name == o.Is {
					return name
				}
			}
		}
	}
	return ""
}
