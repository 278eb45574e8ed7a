// Command probe shows what a MongoDB-compatible server keeps and does, compared with what MongoDB documents.
//
// In: a server (--uri, else the project's embedded engine). Out: a Markdown table on stdout, one row a check,
// with what MongoDB does and what was seen. It exits non-zero only when the probe itself cannot run:
// a difference is a finding, not a failure.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/hayone1/mongocd/cmd/testserver/engine"
)

const (
	database     = "mongocd_probe" // dropped before and after
	checkTimeout = 60 * time.Second
)

// A check does one thing to the server and says what it saw. It passes when that equals want.
type check struct {
	group, name string
	want        string // what MongoDB does; "" means that there is no right answer (a measurement)
	run         func(ctx context.Context, db *mongo.Database) (string, error)
}

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("probe", flag.ContinueOnError)
	flags.SetOutput(stderr)
	uri := flags.String("uri", os.Getenv("MONGOCD_TEST_URI"), "server to probe; empty: the embedded engine")
	only := flags.String("only", "", "run only the groups whose name contains this")
	name := flags.String("engine", "", "embedded engine to start; empty: the default")
	all := flags.Bool("all", true, "print passed checks as well")
	verbose := flags.Bool("verbose", false, "show what the embedded engine prints, on stderr")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx := context.Background()

	var checks []check
	if *uri == "" {
		opts := engine.Options{Engine: *name}
		if *verbose {
			opts.Log = stderr
		}
		server, err := engine.Start(ctx, opts)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.Stop()) }()
		*uri = server.URI()
		checks = restartChecks(*name)
	}
	checks = append(allChecks(*uri), checks...)
	client, err := mongo.Connect(options.Client().ApplyURI(*uri).SetServerSelectionTimeout(10 * time.Second))
	if err != nil {
		return err
	}
	defer func() { _ = client.Disconnect(context.WithoutCancel(ctx)) }() // the process ends here anyway
	if err := client.Ping(ctx, nil); err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	return report(ctx, client.Database(database), checks, *only, *all, stdout)
}

// report runs the checks one after the other and prints a row for each.
func report(ctx context.Context, db *mongo.Database, checks []check, only string, all bool, out io.Writer) error {
	if _, err := fmt.Fprintln(out, "| | check | MongoDB | seen |\n|---|---|---|---|"); err != nil {
		return err
	}
	var same, different, measured int
	for _, c := range checks {
		if !strings.Contains(c.group, only) {
			continue
		}
		got := runCheck(ctx, db, c)
		mark := "same"
		switch {
		case c.want == "":
			measured++
			mark = "·"
		case got == c.want:
			same++
			if !all {
				continue
			}
		default:
			different++
			mark = "**differs**"
		}
		if _, err := fmt.Fprintf(out, "| %s | %s: %s | %s | %s |\n", mark, c.group, c.name, cell(c.want), cell(got)); err != nil {
			return err
		}
	}
	if err := db.Drop(ctx); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%d as MongoDB, %d different, %d measured.\n", same, different, measured)
	return err
}

// runCheck runs one check in an empty database. An error or a panic of the check is what was seen.
func runCheck(ctx context.Context, db *mongo.Database, c check) (got string) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if err := db.Drop(ctx); err != nil {
		return "drop before the check: " + describe(err)
	}
	got, err := c.run(ctx, db)
	if err != nil {
		return describe(err)
	}
	return got
}

func allChecks(uri string) []check {
	var checks []check
	checks = append(checks, valueChecks()...)
	checks = append(checks, documentChecks()...)
	checks = append(checks, numberChecks()...)
	checks = append(checks, filterChecks()...)
	checks = append(checks, updateChecks()...)
	checks = append(checks, batchChecks()...)
	checks = append(checks, uniqueChecks()...)
	checks = append(checks, concurrencyChecks()...)
	checks = append(checks, indexChecks()...)
	checks = append(checks, collectionChecks()...)
	checks = append(checks, transactionChecks(uri)...)
	checks = append(checks, adminChecks()...)
	checks = append(checks, speedChecks()...)
	return checks
}

// describe shortens an error to its code, or its message where it has none.
func describe(err error) string {
	var (
		command mongo.CommandError
		write   mongo.WriteException
		bulk    mongo.BulkWriteException
	)
	switch {
	case errors.As(err, &command):
		return fmt.Sprintf("error %d", command.Code)
	case errors.As(err, &write) && len(write.WriteErrors) > 0:
		return fmt.Sprintf("error %d", write.WriteErrors[0].Code)
	case errors.As(err, &bulk) && len(bulk.WriteErrors) > 0:
		return fmt.Sprintf("error %d at %d", bulk.WriteErrors[0].Code, bulk.WriteErrors[0].Index)
	}
	return "error: " + err.Error()
}

// cell makes a text safe for a Markdown table.
func cell(text string) string {
	text = strings.NewReplacer("|", "\\|", "\n", " ", "\r", " ").Replace(text)
	if runes := []rune(text); len(runes) > 240 {
		text = string(runes[:240]) + "…"
	}
	return text
}

// command runs a command built from elements in order and returns its reply.
func command(ctx context.Context, db *mongo.Database, elements bson.D) (bson.Raw, error) {
	return db.RunCommand(ctx, elements).Raw()
}
