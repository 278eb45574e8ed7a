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
	case change.Kept:
		text = "in sync but for what is kept"
	case change.Unknown:
		text = "no difference found; secrets are not given and were not compared"
	case change.Refused:
		if i.Differences == 0 { // most conflicts end a plan before it compares
			return refuses(i) + locked(i)
		}
		fallthrough
	default:
		text = fmt.Sprintf("%d %s", i.Differences, plural(i.Differences, "difference", "differences"))
	}
	if i.Drifted > 0 {
		text += fmt.Sprintf(", %d of them its own doing", i.Drifted)
	}
	if i.Kept > 0 {
		text += fmt.Sprintf(", %d kept", i.Kept)
	}
	if len(i.Conflicts) > 0 {
		text += "; " + refuses(i)
	}
	return text + locked(i)
}

func locked(i *change.StatusItem) string {
	if i.Locked() {
		return "; a run is writing"
	}
	return ""
}

func refuses(i *change.StatusItem) string {
	n := len(i.Conflicts)
	return fmt.Sprintf("apply would refuse: %d %s", n, plural(n, "conflict", "conflicts"))
}

// StatusReasons are lines on why it could not be looked at, who writes to it now, and why
// apply would refuse.
func StatusReasons(i *change.StatusItem) (lines []string) {
	if i.Looked && i.Reason != "" {
		lines = append(lines, change.Clean(i.Reason))
	}
	lines = append(lines, Leases(i)...)
	for _, c := range i.Conflicts {
		line := c.Code + ": " + c.Message
		if c.Fix != "" {
			line += "; " + c.Fix
		}
		lines = append(lines, change.Clean(line))
	}
	return lines
}

// Leases are lines on who has a lease at the destination, and since and until when.
func Leases(i *change.StatusItem) (lines []string) {
	for _, l := range i.Leases {
		lines = append(lines, leaseLine(l))
	}
	return lines
}

func leaseLine(l change.Lease) string {
	who := "no run"
	if l.Run != "" {
		who = l.Run
	}
	if l.Engine != "" {
		who += " (" + l.Engine
		for _, label := range l.Labels {
			who += ", " + label.Name + "=" + label.Value
		}
		who += ")"
	}
	line := "lease on " + l.Database + ": " + who
	if l.Taken != "" {
		line += ", since " + l.Taken
	}
	if l.Ended {
		return change.Clean(line + ", ended " + l.Expires + ": it was broken off, or what it sent may still be carried out")
	}
	return change.Clean(line + ", until " + l.Expires + ", unless it renews it")
}
