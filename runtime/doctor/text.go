package doctor

// A Result for people. In: what was found; out: text, a line a fact.

import (
	"fmt"
	"strings"
	"time"

	"github.com/hayone1/mongocd/runtime/change"
)

// Text is a result as text.
func Text(r *Result) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-16s%s\n", name, fmt.Sprintf(format, args...))
	}
	if r.Environment != "" {
		line("environment", "%s", change.Clean(r.Environment))
	}
	if r.Server.Version == "" && len(r.Features) == 0 { // it did not answer
		for _, p := range r.Problems {
			line("problem", "%s", strings.ReplaceAll(change.Clean(p), "\n", "\n                "))
		}
		return b.String()
	}
	version := change.Clean(r.Server.Version)
	if r.Server.Build != "" {
		version += " (" + change.Clean(r.Server.Build) + ")"
	}
	line("server", "version %s, wire version %d", version, r.Server.Wire)
	if r.Server.FCV != "" {
		line("", "feature compatibility version %s", change.Clean(r.Server.FCV))
	}
	line("topology", "%s", change.Clean(r.Server.Topology))
	for _, m := range r.Server.Hosts {
		state := "reachable"
		if !m.Reachable {
			state = "not reachable from this machine"
		}
		line("", "%s: %s", change.Clean(m.Host), state)
	}
	line("tls", "%s", strings.TrimSuffix(r.Connection.TLS+", certificate "+r.Connection.Certificate, ", certificate "))
	if len(r.Connection.Users) == 0 {
		line("user", "none: without authentication")
	} else {
		line("user", "%s", change.Clean(strings.Join(r.Connection.Users, ", ")))
		line("roles", "%s", change.Clean(strings.Join(r.Connection.Roles, ", ")))
	}
	line("latency", "%s", time.Duration(r.Connection.LatencyMicros*int64(time.Microsecond)).String())
	line("clock", "%+d ms to this machine's", r.Server.SkewMillis)
	b.WriteString("\n")
	for _, f := range r.Features {
		sign := map[string]string{"has": "yes", "lacks": "no", "untried": "no right", "unknown": "unknown"}[f.State]
		text := f.Words
		if len(f.NeededBy) > 0 {
			text += ": needed by " + change.Clean(strings.Join(f.NeededBy, ", "))
		}
		line(sign, "%s", text)
	}
	b.WriteString("\n")
	for _, p := range r.Problems {
		line("problem", "%s", p)
	}
	if len(r.Problems) == 0 {
		b.WriteString("nothing is in the way\n")
	}
	return b.String()
}
