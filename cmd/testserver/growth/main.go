// Command growth measures each stage of mongocd, and its peers beside it, over documents of 1 KiB.
//
// In: how many documents (--documents 1000,10000,98000), how often (--runs). Out: Markdown tables on stdout, for
// docs/scale.md: the time of each stage, the most that its process had resident, the size of what it made and the
// commands that it sent; then the bars, as ratios against the peer in the same run. A peer that is not on PATH is
// named as missing. It exits non-zero when a stage fails, and not for a bar that is missed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
)

// scriptMost is the most documents that the mongosh script is run with: beyond, the Go program is what one takes.
const scriptMost = 100_000

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "growth:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("growth", flag.ContinueOnError)
	flags.SetOutput(stderr)
	sizes := flags.String("documents", "1000,10000,98000", "how many documents, with commas")
	runs := flags.Int("runs", 3, "how often each stage runs; the median is shown")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *runs < 1 || flags.NArg() > 0 {
		return errors.New("--runs is at least 1, and there are no other arguments")
	}
	for text := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1000 || n%1000 != 0 {
			return fmt.Errorf("--documents %s: write thousands, such as 1000,98000", *sizes)
		}
		m, err := measure(ctx, n, *runs, stderr)
		if err != nil {
			return fmt.Errorf("%d documents: %w", n, err)
		}
		if err := table(stdout, m); err != nil {
			return err
		}
	}
	return nil
}
