//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package replace

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock is an advisory lock (flock) on the root itself.
type lock struct{ dir *os.File }

func tryLock(root *os.Root) (*lock, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	switch {
	case err == nil || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOSYS):
		return &lock{dir}, nil // a file system without locks is used without
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = errHeld
	default:
		err = fmt.Errorf("lock %s: %w", root.Name(), err)
	}
	return nil, errors.Join(err, dir.Close())
}

// release unlocks before it closes: a process that is just being forked has the
// descriptor too, and would keep the lock until it becomes another program.
func (l *lock) release() error {
	err := syscall.Flock(int(l.dir.Fd()), syscall.LOCK_UN)
	if errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOSYS) {
		err = nil
	}
	return errors.Join(err, l.dir.Close())
}
