package replace

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
)

// lock is a file that nobody else can open, and that goes with the handle.
type lock struct{ handle syscall.Handle }

// Of the Windows API (CreateFileW, System Error Codes).
const (
	deleteOnClose    = 0x04000000
	sharingViolation = syscall.Errno(32)
	deletePending    = syscall.Errno(5) // the file of the last holder is just going
)

func tryLock(root string) (*lock, error) {
	name, err := syscall.UTF16PtrFromString(filepath.Join(root, ".mongocd-lock"))
	if err != nil {
		return nil, err
	}
	const access = syscall.GENERIC_WRITE | 0x00010000 // DELETE, which deleteOnClose needs
	handle, err := syscall.CreateFile(name, access, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_HIDDEN|deleteOnClose, 0)
	switch {
	case err == nil:
		return &lock{handle}, nil
	case errors.Is(err, sharingViolation), errors.Is(err, deletePending):
		return nil, errHeld
	}
	return nil, fmt.Errorf("lock %s: %w", root, err)
}

func (l *lock) release() error { return syscall.CloseHandle(l.handle) }
