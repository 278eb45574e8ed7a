//go:build amd64 || arm64 || riscv64

package replace

import (
	"errors"
	"os"
	"slices"
	"syscall"
)

// syncFileRangeWrite is SYNC_FILE_RANGE_WRITE of sync_file_range(2): begin to write what is not being written yet.
const syncFileRangeWrite = 2

// lost are errors of a disk that cannot take what it was given. With any other one (a file system or a sandbox that
// has no such call) nothing was begun, and the sync does all of it.
var lost = []syscall.Errno{syscall.EIO, syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS}

// writeBack has a part of a file written to the disk, and does not wait for that.
func writeBack(f *os.File, from, size int64) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = syscall.SyncFileRange(int(fd), from, size, syncFileRangeWrite) }); err != nil {
		return err
	}
	if slices.ContainsFunc(lost, func(code syscall.Errno) bool { return errors.Is(failed, code) }) {
		return failed
	}
	return nil
}
