package replace

// One writer at a time below a root. In: the root; out: a lock that ends with
// the process at the latest, whatever ends it. lock_flock.go, lock_windows.go
// and lock_other.go have what the systems offer.

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// errHeld: another process has the lock.
var errHeld = errors.New("held by another process")

// tryEvery is the pause between two tries to get the lock.
const tryEvery = 20 * time.Millisecond

// acquire takes the lock of a root, waiting for about the given time.
func acquire(root *os.Root, wait time.Duration) (*lock, error) {
	for ; ; wait -= tryEvery {
		held, err := tryLock(root)
		if !errors.Is(err, errHeld) {
			return held, err
		}
		if wait <= 0 {
			return nil, fmt.Errorf("another mongocd is writing below %s: wait until it has ended, then run this again", root.Name())
		}
		time.Sleep(tryEvery)
	}
}
