package console

// How commands end. In: a code and a message; out: an error that main turns into both.

import "fmt"

// Exit codes, the same for every command (docs/enforcement.md, Exit codes).
const (
	ExitDone        = 0
	ExitFailed      = 1
	ExitDifferences = 2
	ExitRefused     = 3
	ExitUsage       = 64
)

// ExitError ends a command with a code; message is printed when not empty.
type ExitError struct {
	Code    int
	Message string
}

func (e ExitError) Error() string { return e.Message }

// Failf is an error that ends the command with exit code 1.
func Failf(format string, args ...any) error {
	return ExitError{Code: ExitFailed, Message: fmt.Sprintf(format, args...)}
}

// Usagef is an error that ends the command with exit code 64.
func Usagef(format string, args ...any) error {
	return ExitError{Code: ExitUsage, Message: fmt.Sprintf(format, args...)}
}
