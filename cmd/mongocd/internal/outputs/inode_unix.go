//go:build unix

package outputs

import (
	"io/fs"
	"syscall"
)

// inodeOf is the number of a file in its file system; false: it has none.
func inodeOf(info fs.FileInfo) (uint64, bool) {
	of, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return uint64(of.Ino), true
}
