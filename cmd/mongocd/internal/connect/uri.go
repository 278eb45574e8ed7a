package connect

// Where a source is and its password. In: flags, the environment, a terminal;
// out: a connection. A password is never in an argument, a message or on the
// screen.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/hayone1/mongocd/cmd/mongocd/internal/console"
	"github.com/hayone1/mongocd/lang/diag"
	"github.com/hayone1/mongocd/runtime/cli"
	"github.com/hayone1/mongocd/runtime/stores/mongo"
)

const (
	sourceVariable   = "MONGOCD_SOURCE_URI"
	passwordVariable = "MONGOSOURCEPASSWORD"
)

// Stores are the open connections.
type Stores []*mongo.Store

// Close disconnects.
func (s *Stores) Close(ctx context.Context) error {
	var err error
	for _, store := range *s {
		if closing := store.Close(context.WithoutCancel(ctx)); closing != nil && err == nil {
			err = console.Failf("%s", closing)
		}
	}
	return err
}

// Redact takes the secrets of all connection strings out of a message.
func (s *Stores) Redact(message string) string {
	for _, store := range *s {
		message = store.Redact(message)
	}
	return message
}

// Open connects to a source.
func (s *Stores) Open(ctx context.Context, a *console.Console, source string, o Asked) (*mongo.Store, error) {
	uri := o.URI
	if uri == "" {
		var err error
		if uri, err = cli.ConnectionString(a.LookupEnv, "source", sourceVariable, source); err != nil {
			return nil, console.Failf("%s", err)
		}
	} else if user, hasPassword, _ := userOf(uri); user != "" && hasPassword {
		flag := cmp.Or(o.Flag, "--uri")
		return nil, console.Usagef("%s holds a password, which every user of this machine can see in the list of processes: leave it out of %s "+
			"and set %s, or put the connection string into %s", flag, flag, passwordVariable, sourceVariable)
	}
	password, err := password(ctx, a, uri)
	if err != nil {
		return nil, err
	}
	store, err := mongo.Open(ctx, withPassword(uri, password), mongo.Options{Comment: "mongocd extract", Timeout: o.Timeout})
	if err != nil {
		return nil, console.Failf("%s", err)
	}
	*s = append(*s, store)
	return store, nil
}

// userOf finds the user of a connection string, and where it ends.
func userOf(uri string) (user string, hasPassword bool, end int) {
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok {
		return "", false, 0
	}
	authority := rest
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		authority = rest[:end]
	}
	at := strings.LastIndexByte(authority, '@')
	if at <= 0 {
		return "", false, 0
	}
	user, _, hasPassword = strings.Cut(authority[:at], ":")
	return user, hasPassword, len(scheme) + len("://") + at
}

// withPassword puts a password into a connection string that has a user and no password.
func withPassword(uri, password string) string {
	user, hasPassword, end := userOf(uri)
	if password == "" || user == "" || hasPassword {
		return uri
	}
	return uri[:end] + ":" + strings.ReplaceAll(url.QueryEscape(password), "+", "%20") + uri[end:]
}

// withoutPassword are the mechanisms whose users have none (MongoDB manual,
// Connection Strings, authMechanism).
var withoutPassword = []string{"MONGODB-X509", "MONGODB-AWS", "MONGODB-OIDC", "GSSAPI"}

// password is that for a connection string with a user and no password: of the
// environment, else of the person at the terminal; empty: none is needed.
func password(ctx context.Context, a *console.Console, uri string) (string, error) {
	user, hasPassword, end := userOf(uri)
	if user == "" || hasPassword {
		return "", nil
	}
	_, query, _ := strings.Cut(uri[end:], "?")
	for parameter := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(name, "authMechanism") && slices.Contains(withoutPassword, strings.ToUpper(value)) {
			return "", nil
		}
	}
	if password, _ := a.LookupEnv(passwordVariable); password != "" {
		return password, nil
	}
	terminal, ok := a.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) {
		return "", console.Failf("the connection string has the user %s and no password: set %s (there is no terminal to ask on)", diag.Quote(user, 64), passwordVariable)
	}
	return askPassword(ctx, a, terminal, user)
}

// askPassword asks on the terminal, without an echo.
func askPassword(ctx context.Context, a *console.Console, terminal *os.File, user string) (string, error) {
	state, err := term.GetState(int(terminal.Fd()))
	if err != nil {
		return "", console.Failf("ask for a password: %s", err)
	}
	fmt.Fprintf(a.Stderr, "Password of %s at the source: ", diag.Safe(user, 64))
	type answer struct {
		password []byte
		err      error
	}
	answers := make(chan answer, 1)
	go func() {
		password, err := term.ReadPassword(int(terminal.Fd()))
		answers <- answer{password, err}
	}()
	select {
	case <-ctx.Done(): // the reading ends with the program; the echo is turned on again
		err = errors.Join(errors.New("interrupted"), term.Restore(int(terminal.Fd()), state))
		fmt.Fprintln(a.Stderr)
		return "", console.Failf("ask for a password: %s", err)
	case got := <-answers:
		fmt.Fprintln(a.Stderr)
		if got.err != nil {
			return "", console.Failf("ask for a password: %s", got.err)
		}
		if len(got.password) == 0 {
			return "", console.Failf("no password was given for %s", diag.Quote(user, 64))
		}
		return string(got.password), nil
	}
}
