package cli

// The file of --report. In: reports, and the name of a file; out: JSON lines in it, or why not.

import (
	"bufio"
	"fmt"
	"os"

	"github.com/hayone1/mongocd/runtime/change"
	"github.com/hayone1/mongocd/runtime/change/view"
)

// linesBuffer is how many bytes of lines are written at once.
const linesBuffer = 1 << 20

// WriteLines writes reports into a file as JSON lines (view.Lines), for its owner alone: values
// of the destination are in it. After an error the file has no last line, so that nobody takes it
// for whole.
func WriteLines(name string, reports []*change.Report, refusal string) (err error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, linesBuffer)
	if err = view.Lines(out, reports, refusal); err == nil {
		err = out.Flush()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("%w; what is in it is not whole, and has no line `end`", err)
	}
	return nil
}
