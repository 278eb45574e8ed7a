//go:build unix

package cache

import (
	"io/fs"
	"os"
	"syscall"
)

// othersWrite reports whether somebody else than this user and root may write into a folder.
func othersWrite(info fs.FileInfo) bool {
	of, ok := info.Sys().(*syscall.Stat_t)
	return info.Mode().Perm()&0o022 != 0 || !ok || of.Uid != 0 && int(of.Uid) != os.Geteuid()
}
