package cli

// Progress on a terminal. In: how far a run is; out: one line that changes, and
// is gone when there is something else to say.

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hayone1/mongocd/runtime/change/view"
	"github.com/hayone1/mongocd/runtime/enforce"
)

const (
	progressEvery = 100 * time.Millisecond
	progressWidth = 79
)

// ProgressLine shows how far a run is, if out is a terminal; else the result is
// nil. It is called with a zero Progress when something else is to be written.
func ProgressLine(out io.Writer) func(enforce.Progress) {
	if !terminal(out) {
		return nil
	}
	return progressLine(out, time.Now)
}

// terminal reports whether a stream is one.
func terminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// colored reports whether a stream is a terminal that wants colour (https://no-color.org).
func colored(out io.Writer, lookup func(string) (string, bool)) bool {
	no, _ := lookup("NO_COLOR")
	kind, _ := lookup("TERM")
	return no == "" && kind != "dumb" && terminal(out)
}

func progressLine(out io.Writer, now func() time.Time) func(enforce.Progress) {
	last, width, broken := now(), 0, false
	return func(p enforce.Progress) {
		line := ""
		switch {
		case p != (enforce.Progress{}):
			if now().Sub(last) < progressEvery {
				return
			}
			last, line = now(), ProgressText(p)
		case width == 0:
			return // nothing is shown
		}
		if utf8.RuneCountInString(line) > progressWidth {
			line = string([]rune(line)[:progressWidth-1]) + "…"
		}
		n := utf8.RuneCountInString(line)
		text := "\r" + line + strings.Repeat(" ", max(0, width-n))
		if width = n; n == 0 {
			text += "\r"
		}
		if broken {
			return
		}
		// What cannot be shown is not worth stopping for: the result comes on stdout.
		if _, err := io.WriteString(out, text); err != nil {
			broken = true
		}
	}
}

// ProgressText says in words how far a run is.
func ProgressText(p enforce.Progress) string {
	return fmt.Sprintf("%s %s: %d of %d %s", p.Phase, view.Printable(strings.ReplaceAll(p.Collection, "\n", " ")), p.Done, p.Total, p.Unit)
}
