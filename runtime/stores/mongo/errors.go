package mongo

// What failed, in words. In: an error of the driver; out: an error that says
// what was being done, to what, what the server said, and what to check; never
// with a password in it.

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/runtime/stores"
)

// Error codes of the server (MongoDB manual: reference/error-codes).
const (
	codeUnauthorized         = 13
	codeAuthenticationFailed = 18
	codePathNotViable        = 28
	codeNamespaceExists      = 48
	codeMaxTimeExpired       = 50
	codeDuplicateKey         = 11000
)

// explain makes an error about doing something to what.
func (s *Store) explain(doing, what string, err error) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s %s: interrupted: %w", doing, what, context.Canceled)
	}
	return fmt.Errorf("%s %s failed: %s\n%s", doing, what, s.secrets.redact(err.Error()), check(err))
}

// check says what to look at.
func check(err error) string {
	var command mongo.CommandError
	code := 0
	if errors.As(err, &command) {
		code = int(command.Code)
	}
	switch {
	case code == codeUnauthorized:
		return "Check the user's rights: plan and verify need the role read on the database, apply needs readWrite."
	case code == codeAuthenticationFailed || strings.Contains(err.Error(), "auth error"):
		return "Check user, password and authSource of the connection string."
	case code == codeNamespaceExists:
		return "Another program has created the collection meanwhile: run again."
	case code == codeMaxTimeExpired || mongo.IsTimeout(err):
		return "Check that the address is right, that the network lets this machine reach it, and that the server is not overloaded; raise the time limit if the work is large."
	case mongo.IsNetworkError(err):
		return "Check the network and the server; running again continues where this run stopped."
	case mongo.IsDuplicateKeyError(err):
		return "Look for documents with the same values at the destination."
	}
	return "Check what the server says against its version and its log."
}

// refused marks explained when the server answered a command with an error.
func (s *Store) refused(err, explained error) error {
	var command mongo.CommandError
	if errors.As(err, &command) && command.Code != 0 && !mongo.IsNetworkError(err) && !mongo.IsTimeout(err) {
		return &stores.RefusedError{Err: explained, Code: int(command.Code), Labels: command.Labels}
	}
	return explained
}

func (s *Store) uriError(err error) error {
	return fmt.Errorf("the connection string cannot be used: %s\nCheck that it has the form mongodb://user:password@host:port/?options or mongodb+srv://…, with reserved characters in user and password percent-encoded",
		s.secrets.redact(err.Error()))
}

// redactor takes a connection string's secrets out of messages.
type redactor struct {
	hosts   string
	secrets []string
}

// newRedactor finds the password even where the string is malformed.
func newRedactor(uri string) redactor {
	r := redactor{hosts: "the server"}
	_, rest, ok := strings.Cut(uri, "://")
	if !ok {
		rest = uri
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user := rest[:at]
		rest = rest[at+1:]
		r.secrets = append(r.secrets, user)
		if _, password, ok := strings.Cut(user, ":"); ok && password != "" {
			r.secrets = append(r.secrets, password)
			if plain, err := url.PathUnescape(password); err == nil && plain != password {
				r.secrets = append(r.secrets, plain)
			}
		}
	}
	if _, query, ok := strings.Cut(rest, "?"); ok {
		for parameter := range strings.SplitSeq(query, "&") {
			if name, value, _ := strings.Cut(parameter, "="); value != "" && secretOption(name) {
				r.secrets = append(r.secrets, value)
				if plain, err := url.QueryUnescape(value); err == nil && plain != value {
					r.secrets = append(r.secrets, plain)
				}
			}
		}
	}
	if host := strings.TrimRight(rest[:strings.IndexAny(rest+"/", "/?")], " "); host != "" {
		r.hosts = host
	}
	return r
}

// secretOption names options of a connection string that hold secrets.
func secretOption(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "password") || name == "authmechanismproperties"
}

func (r redactor) redact(message string) string {
	for _, secret := range r.secrets {
		message = strings.ReplaceAll(message, secret, "***")
	}
	return message
}
