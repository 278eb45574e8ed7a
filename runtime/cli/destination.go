package cli

// Which destination, and how to open it. In: an environment lookup; out: a
// connection string, a stores.Store.

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hayone1/mongocd/runtime/desired"
	"github.com/hayone1/mongocd/runtime/stores"
	"github.com/hayone1/mongocd/runtime/stores/dir"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

const destinationVariable = "MONGOCD_DESTINATION_URI"

// ownVariable is the variable for one environment or source: COMMON_<NAME>, with
// everything but letters and digits of the name as underscores.
func ownVariable(common, name string) string {
	suffix := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
	return common + "_" + suffix
}

// Destination returns the connection string for an environment from
// MONGOCD_DESTINATION_URI_<ENVIRONMENT>, else MONGOCD_DESTINATION_URI; each may
// be given as a file's name with _FILE instead. The error names them all.
func Destination(lookup func(string) (string, bool), environment string) (string, error) {
	return ConnectionString(lookup, "destination", destinationVariable, environment)
}

// OwnDestination is the variable for the destination of one environment alone, and
// whether it, or one that names a file, is set.
func OwnDestination(lookup func(string) (string, bool), environment string) (variable string, given bool) {
	variable = ownVariable(destinationVariable, environment)
	return variable, isGiven(lookup, variable)
}

// CommonDestination reports whether MONGOCD_DESTINATION_URI, or the one that names a file, is set.
func CommonDestination(lookup func(string) (string, bool)) bool {
	return isGiven(lookup, destinationVariable)
}

func isGiven(lookup func(string) (string, bool), variable string) bool {
	uri, _ := lookup(variable)
	file, _ := lookup(variable + "_FILE")
	return uri != "" || file != ""
}

// ConnectionString returns the value of <common>_<NAME>, else of <common>; each
// may be given as a file's name with _FILE instead. The error names them all;
// what is "destination" or "source".
func ConnectionString(lookup func(string) (string, bool), what, common, name string) (string, error) {
	own := ownVariable(common, name)
	for _, name := range []string{own, common} {
		uri, _ := lookup(name)
		file, _ := lookup(name + "_FILE")
		switch {
		case uri != "" && file != "":
			return "", fmt.Errorf("%s and %s_FILE are both set: unset one of them", name, name)
		case uri != "":
			return uri, nil
		case file != "":
			data, err := os.ReadFile(file)
			if err != nil {
				return "", fmt.Errorf("%s_FILE: %w", name, err)
			}
			if uri = strings.TrimSpace(string(data)); uri == "" {
				return "", fmt.Errorf("%s_FILE: the file %s is empty", name, file)
			}
			return uri, nil
		}
	}
	return "", fmt.Errorf("no %s given: set %s or %s to a connection string, or %s_FILE or %s_FILE to the name of a file that holds it",
		what, own, common, own, common)
}

// Open opens the destination: a directory for dir:PATH, else a server.
func Open(ctx context.Context, uri string, state *desired.State, timeout time.Duration) (stores.Store, error) {
	if path, ok := strings.CutPrefix(uri, "dir:"); ok {
		return dir.Open(path)
	}
	return mongo.Open(ctx, uri, mongo.Options{Comment: "mongocd " + state.Weave + "/" + state.Environment, Timeout: timeout})
}
