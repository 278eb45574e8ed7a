package main

// How commands end. In: a code and a message; out: an error that main turns into both.

import "fmt"

// Exit codes, the same for every command (docs/enforcement.md, Exit codes).
const (
	exitDone        = 0
	exitFailed      = 1
	exitDifferences = 2
	exitRefused     = 3
	exitUsage       = 64
)

// exitError ends a command with a code; message is printed when not empty.
type exitError struct {
	code    int
	message string
}

func (e exitError) Error() string { return e.message }

// failf is an error that ends the command with exit code 1.
func failf(format string, args ...any) error {
	return exitError{code: exitFailed, message: fmt.Sprintf(format, args...)}
}

// usagef is an error that ends the command with exit code 64.
func usagef(format string, args ...any) error {
	return exitError{code: exitUsage, message: fmt.Sprintf(format, args...)}
}
