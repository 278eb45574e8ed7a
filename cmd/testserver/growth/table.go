package main

// What is shown. In: what was measured; out: a Markdown table, and the bars.

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// bar is the ratio of a stage to its peer that is aimed at.
type bar struct {
	of, peer stage
	most     float64
}

var bars = []bar{{inSync, importingSame, 0.1}, {applying, importing, 0.5}, {extracting, exporting, 0.4}}

var peers = []stage{exporting, importing, importingSame}

func table(out io.Writer, m measured) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s, %s MB extracted; the median of %d\n\n", thousands(int64(m.number)), m.shape.of, megabytes(m.data), m.runs)
	b.WriteString("| stage | seconds | MB resident | commands |\n|---|---|---|---|\n")
	var missing []string
	for _, s := range order {
		t, ok := m.took[s]
		if !ok && !m.shape.peers() && slices.Contains(peers, s) {
			continue // beside one collection of documents alone
		}
		if !ok {
			missing = append(missing, string(s))
			continue
		}
		commands := ""
		if n, ok := m.commands[s]; ok {
			commands = thousands(n)
		}
		fmt.Fprintf(&b, "| %s | %.2f | %s | %s |\n", s, t.time.Seconds(), megabytes(t.memory), commands)
	}
	fmt.Fprintf(&b, "\nThe program has %s MB, the script with its data %s MB.\n", megabytes(m.program), megabytes(m.script))
	for _, s := range missing {
		fmt.Fprintf(&b, "Missing: %s. %s\n", s, why(m, stage(s)))
	}
	for _, of := range bars {
		ours, ok := m.took[of.of]
		theirs, peer := m.took[of.peer]
		if !ok || !peer {
			continue
		}
		ratio := float64(ours.time) / float64(theirs.time)
		held := "held"
		if ratio > of.most {
			held = "missed"
		}
		fmt.Fprintf(&b, "%s: %.2f of %s; the bar is %.2f: %s\n", of.of, ratio, of.peer, of.most, held)
	}
	if t, ok := m.took[shInSync]; ok && m.shape.peers() && m.number == 1000 {
		held := "held"
		if t.time > 2*time.Second {
			held = "missed"
		}
		fmt.Fprintf(&b, "%s: %.2f s; the bar is 2 s: %s\n", shInSync, t.time.Seconds(), held)
	}
	b.WriteString("\n")
	_, err := io.WriteString(out, b.String())
	return err
}

// why a stage has no row.
func why(m measured, s stage) string {
	if strings.HasPrefix(string(s), "script") {
		return fmt.Sprintf("Scripts are run with at most %s.", thousands(int64(m.shape.scriptMost())))
	}
	return "mongoimport and mongoexport are not both on PATH."
}

func megabytes(n int64) string {
	if n < 10e6 {
		return fmt.Sprintf("%.1f", float64(n)/1e6)
	}
	return fmt.Sprintf("%.0f", float64(n)/1e6)
}

// thousands is 1234567 as 1,234,567.
func thousands(n int64) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
