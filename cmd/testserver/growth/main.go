// Command growth measures each stage of mongocd, and its peers beside it, over data of several shapes.
//
// In: how many documents (--documents 1000,10000,98000), collections (--collections), databases (--databases) or documents
// of 15.9 MiB (--large), how often (--runs). Out: Markdown tables on stdout, for
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
)

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
	sizes := map[string]*string{}
	for _, of := range shapes {
		sizes[of.name] = flags.String(of.name, "", "how many "+of.of+", with commas")
	}
	runs := flags.Int("runs", 3, "how often each stage runs; the median is shown")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *runs < 1 || flags.NArg() > 0 {
		return errors.New("--runs is at least 1, and there are no other arguments")
	}
	asked := false
	for _, of := range shapes {
		numbers, err := of.numbers(*sizes[of.name])
		if err != nil {
			return err
		}
		for _, n := range numbers {
			asked = true
			m, err := measure(ctx, of, n, *runs, stderr)
			if err != nil {
				return fmt.Errorf("%d %s: %w", n, of.of, err)
			}
			if err := table(stdout, m); err != nil {
				return err
			}
		}
	}
	if !asked {
		return errors.New("nothing to measure: say --documents 1000,98000, or another one of the numbers that --help lists")
	}
	return nil
}
