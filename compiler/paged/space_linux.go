package paged

import (
	"os"
	"syscall"
)

// Mapped reports whether files can be mapped here.
const Mapped = true

// mapped maps a part of a file, which may be written later, for reading.
func mapped(f *os.File, at int64, size int) ([]byte, error) {
	text, err := syscall.Mmap(int(f.Fd()), at, size, syscall.PROT_READ, syscall.MAP_SHARED)
	return text, os.NewSyscallError("mmap", err)
}

// letGo is advice: a kernel that does not take it keeps the pages (madvise(2), MADV_DONTNEED).
func letGo(text []byte) {
	if err := syscall.Madvise(text, syscall.MADV_DONTNEED); err != nil {
		return
	}
}
