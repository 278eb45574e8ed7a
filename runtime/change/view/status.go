package view

// What status found, for people. In: an item of it; out: its texts, and all of it as text.

import (
	"fmt"
	"strings"

	"github.com/hayone1/mongocd/runtime/change"
)

// Status is the status of one state as text.
func Status(i *change.StatusItem) string {
	lines := []string{
		"status " + change.Clean(i.Weave) + " for " + change.Clean(i.Environment) + ": " + StatusText(i),
		"last run: " + LastRun(i),
		"artefact: " + change.Clean(i.Artefact),
	}
	lines = append(lines, StatusReasons(i)...)
	return strings.Join(lines, "\n") + "\n"
}

// LastRun says which run changed the destination last.
func LastRun(i *change.StatusItem) string {
	if i.Last == nil {
		if !i.Looked || i.Outcome == change.Failed {
			return "-"
		}
		return "none"
	}
	text := fmt.Sprintf("%d, %s", i.Last.N, change.Clean(i.Last.Started))
	for _, l := range i.Last.Labels {
		text += ", " + change.Clean(l.Name+"="+l.Value)
	}
	switch {
	case i.Last.Outcome != change.Applied:
		return text + ": " + change.Clean(i.Last.Outcome)
	case i.Applied:
		return text + ": this state"
	}
	return text + ": another state"
}

// StatusText says how the destination is.
func StatusText(i *change.StatusItem) string {
	switch {
	case !i.Looked:
		return change.Clean(i.Reason)
	case i.Reason != "":
		return "could not be looked at"
	}
	text := ""
	switch i.Outcome {
	case change.InSync:
		text = "in sync"
	case change.Unknown:
		text = "no difference found; secrets are not given and were not compared"
	case change.Refused:
		if i.Differences == 0 { // most conflicts end a plan before it compares
			return refuses(i)
		}
		fallthrough
	default:
		text = fmt.Sprintf("%d %s", i.Differences, plural(i.Differences, "difference", "differences"))
	}
	if i.Drifted > 0 {
		text += fmt.Sprintf(", %d of them its own doing", i.Drifted)
	}
	if len(i.Conflicts) > 0 {
		text += "; " + refuses(i)
	}
	return text
}

func refuses(i *change.StatusItem) string {
	n := len(i.Conflicts)
	return fmt.Sprintf("apply would refuse: %d %s", n, plural(n, "conflict", "conflicts"))
}

// StatusReasons are lines on why it could not be looked at, and why apply would refuse.
func StatusReasons(i *change.StatusItem) (lines []string) {
	if i.Looked && i.Reason != "" {
		lines = append(lines, change.Clean(i.Reason))
	}
	for _, c := range i.Conflicts {
		line := c.Code + ": " + c.Message
		if c.Fix != "" {
			line += "; " + c.Fix
		}
		lines = append(lines, change.Clean(line))
	}
	return lines
}
