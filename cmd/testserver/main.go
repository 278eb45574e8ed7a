// Command testserver runs the project's embedded MongoDB-compatible server, for trying mongocd out.
//
//	testserver [--engine NAME] [--data DIR] [-- command args…]
//
// In: where to keep the data (a temporary folder, unless --data says otherwise) and perhaps a command. Out: the URI as
// one line on stdout, until SIGINT, SIGTERM or the end of standard input; or the command, run with
// MONGOCD_TESTSERVER_URI set, and its exit code. The server listens on 127.0.0.1 only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
)

const uriVariable = "MONGOCD_TESTSERVER_URI"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	say := log.New(stderr, "testserver: ", 0)
	flags := flag.NewFlagSet("testserver", flag.ContinueOnError)
	flags.SetOutput(stderr)
	data := flags.String("data", "", "folder that keeps the data; empty: a temporary one")
	name := flags.String("engine", "", "engine to run: "+engine.SecantusRust+" or "+engine.SecantusPython+"; empty: the better one installed")
	verbose := flags.Bool("verbose", false, "show what the server prints, on stderr")
	if err := flags.Parse(args); err != nil {
		return 64
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()

	opts := engine.Options{Engine: *name, DataDir: *data}
	if *verbose {
		opts.Log = stderr
	}
	server, err := engine.Start(ctx, opts)
	if err != nil {
		say.Print(err)
		return 1
	}
	defer func() {
		if err := server.Stop(); err != nil {
			say.Print(err)
			code = max(code, 1)
		}
	}()
	if flags.NArg() > 0 {
		return runCommand(ctx, flags.Args(), server.URI(), stdin, stdout, stderr, say)
	}
	if _, err := fmt.Fprintln(stdout, server.URI()); err != nil {
		say.Print(err)
		return 1
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, stdin) // an unreadable stdin is a closed one
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	case <-server.Done():
		say.Print("the server ended by itself")
		return 1
	}
	return 0
}

// runCommand runs a command beside the server; a signal is passed on to it as SIGTERM.
func runCommand(ctx context.Context, args []string, uri string, stdin io.Reader, stdout, stderr io.Writer, say *log.Logger) int {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), uriVariable+"="+uri)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode()
	}
	say.Print(err)
	return 1
}
