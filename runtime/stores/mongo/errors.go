package mongo

// What failed, in words. In: an error of the driver; out: an error that says
// what was being done, to what, what the server said, and what to check; never
// with a password in it.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/hayone1/mongocd/runtime/stores"
)

// explain makes an error about doing something to what: a stores.RefusedError
// when the server answered with one, a stores.UnsureError when it is not known
// whether the server did it and another attempt may tell.
func (s *Store) explain(doing, what string, err error) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s %s: interrupted: %w", doing, what, context.Canceled)
	}
	explained := fmt.Errorf("%s %s failed: %s\n%s", doing, what, s.secrets.redact(said(err)), check(err))
	var command mongo.CommandError
	switch {
	case mongo.IsTimeout(err):
	case lost(err):
		return &stores.UnsureError{Err: explained}
	case errors.As(err, &command) && command.Code != 0:
		return &stores.RefusedError{Err: explained, Code: int(command.Code), Labels: command.Labels}
	}
	return explained
}

// said is what the server said, without the words that the driver puts around it.
func said(err error) string {
	var command mongo.CommandError
	var write mongo.WriteException
	switch {
	case errors.As(err, &command) && command.Message != "":
		return command.Message
	case errors.As(err, &write) && len(write.WriteErrors) > 0:
		return write.WriteErrors[0].Message
	}
	return err.Error()
}

// unconfirmed is the error of a write that too few members confirmed.
func (s *Store) unconfirmed(err error, concern *mongo.WriteConcernError) error {
	var server mongo.ServerError
	var labels []string
	if errors.As(err, &server) {
		for _, l := range []string{"RetryableWriteError", "RetryableError"} {
			if server.HasErrorLabel(l) {
				labels = append(labels, l)
			}
		}
	}
	return &stores.UnsureError{Code: concern.Code, Labels: labels, Err: fmt.Errorf(
		"the destination wrote, but not as many of its members confirmed it as were asked to: %s\nCheck the members of the replica set; running again continues where this run stopped",
		s.secrets.redact(concern.Message))}
}

// lost reports whether the connection broke, or could not be made to a server
// that was there a moment ago.
func lost(err error) bool {
	var operation *net.OpError
	var pool interface{ Retryable() bool } // the driver's error of connections that it has given up
	return mongo.IsNetworkError(err) || errors.As(err, &operation) || errors.As(err, &pool) && pool.Retryable() ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// check says what an error means, and what to do.
func check(err error) string {
	var command mongo.CommandError
	var write mongo.WriteException
	code := 0
	switch {
	case errors.As(err, &command):
		code = int(command.Code)
	case errors.As(err, &write) && len(write.WriteErrors) > 0:
		code = write.WriteErrors[0].Code
	}
	if mongo.IsDuplicateKeyError(err) {
		code = stores.CodeDuplicateKey
	}
	if known := stores.Advice(code, err.Error()); known != "" {
		return known
	}
	switch {
	case mongo.IsTimeout(err):
		return stores.Advice(stores.CodeMaxTimeExpired, "")
	case mongo.IsNetworkError(err):
		return stores.AdviceNetwork
	}
	return stores.AdviceOther
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
