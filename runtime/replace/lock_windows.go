package replace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"unsafe"
)

// lock is a lock on a file (LockFileEx), which goes with the handle.
type lock struct {
	root *os.Root
	file *os.File
}

const lockName = ".mongocd-lock"

// Of the Windows API (LockFileEx, System Error Codes).
const (
	failImmediately = 1
	exclusively     = 2
	lockViolation   = syscall.Errno(33)
	ioPending       = syscall.Errno(997)
	deletePending   = syscall.Errno(5) // the file of the last holder is just going
)

var lockFileEx = syscall.NewLazyDLL("kernel32.dll").NewProc("LockFileEx")

func tryLock(root *os.Root) (*lock, error) {
	file, err := root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o644)
	if errors.Is(err, deletePending) {
		return nil, errHeld
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", root.Name(), err)
	}
	var at syscall.Overlapped
	ok, _, err := lockFileEx.Call(file.Fd(), exclusively|failImmediately, 0, 1, 0, uintptr(unsafe.Pointer(&at)))
	switch {
	case ok != 0 && same(root, file):
		return &lock{root, file}, nil
	case ok != 0, errors.Is(err, lockViolation), errors.Is(err, ioPending):
		err = errHeld
	default:
		err = fmt.Errorf("lock %s: %w", root.Name(), err)
	}
	return nil, errors.Join(err, file.Close())
}

// same reports whether a file that was locked is still the one with the name: its
// last holder may have removed it since it was opened.
func same(root *os.Root, file *os.File) bool {
	now, err := root.Stat(lockName)
	if err != nil {
		return false
	}
	is, err := file.Stat()
	return err == nil && os.SameFile(now, is)
}

func (l *lock) release() error {
	err := l.root.Remove(lockName)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, l.file.Close())
}
