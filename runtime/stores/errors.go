package stores

// What a failed call means: whether something may have been done, and whether
// to try again. In: an error of a Store. Out: answers. The rules are
// docs/enforcement.md, Retries.

import (
	"errors"
	"slices"
)

// RefusedError is a command that the destination answered with an error
// instead of doing any part of it.
type RefusedError struct {
	Err error
	// Code and Labels are the server's (MongoDB manual: reference/error-codes).
	Code   int
	Labels []string
}

// Error returns the message of the wrapped error.
func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap returns the wrapped error.
func (e *RefusedError) Unwrap() error { return e.Err }

// UnsureError is a command of which it is not known whether it was done: the
// connection was lost (Code 0), or the server did it and could not confirm it.
type UnsureError struct {
	Err    error
	Code   int
	Labels []string
}

// Error returns the message of the wrapped error.
func (e *UnsureError) Error() string { return e.Err.Error() }

// Unwrap returns the wrapped error.
func (e *UnsureError) Unwrap() error { return e.Err }

// IsRefused reports whether the error says that nothing was written.
func IsRefused(err error) bool {
	var refused *RefusedError
	return errors.As(err, &refused)
}

// Code is the server's code of an error that says that nothing was written, else 0.
func Code(err error) int {
	var refused *RefusedError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return 0
}

// Error codes of the server (MongoDB manual: reference/error-codes).
//
//js:table
const (
	CodeUnauthorized              = 13
	CodeIndexNotFound             = 27
	CodePathNotViable             = 28 // a parent is no document any more
	CodeNamespaceExists           = 48
	CodeDuplicateKey              = 11000
	CodeDocumentValidationFailure = 121
)

// CodeMaxTimeExpired is that of a command that took longer than its maxTimeMS.
const CodeMaxTimeExpired = 50

// retryableCodes are those of the specifications of retryable reads and writes
// (https://github.com/mongodb/specifications, retryable-reads, retryable-writes),
// sorted: HostUnreachable, HostNotFound, NetworkTimeout, ShutdownInProgress,
// ReadConcernMajorityNotAvailableYet, PrimarySteppedDown, ExceededTimeLimit,
// SocketException, NotWritablePrimary, InterruptedAtShutdown,
// InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary; and
// that of services which limit requests (Azure Cosmos DB: RequestRateTooLarge).
//
//js:table
var retryableCodes = []int{6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 16500}

// LabelRetryable says that a command may be sent again.
const LabelRetryable = "RetryableError"

// retryableLabels: with one of them the server or the driver says so itself.
//
//js:table
var retryableLabels = []string{"RetryableWriteError", LabelRetryable}

// Retryable reports whether what failed may succeed when it is tried again.
func Retryable(err error) bool {
	var refused *RefusedError
	if errors.As(err, &refused) {
		return retryable(refused.Code, refused.Labels)
	}
	var unsure *UnsureError
	return errors.As(err, &unsure) && (unsure.Code == 0 || retryable(unsure.Code, unsure.Labels))
}

// RetryableCode reports whether a command that the server answered with this
// code may succeed when it is sent again.
func RetryableCode(code int) bool { return slices.Contains(retryableCodes, code) }

func retryable(code int, labels []string) bool {
	return RetryableCode(code) || slices.ContainsFunc(labels, func(l string) bool { return slices.Contains(retryableLabels, l) })
}
