//go:build linux

package desired

// The program's own file in memory. What is embedded in a program lies in its file, and
// the kernel counts each page of it that was read as resident until memory is short. In:
// nothing; out: nothing, but those pages can go at once, and are read from the file again
// where they are needed (madvise(2), MADV_DONTNEED).

import (
	"debug/elf"
	"os"
	"sync"
	"syscall"
)

// letGo gives the pages of the program's file back. It is advice: a kernel that does not
// take it keeps them.
func letGo() {
	for _, p := range readOnly() {
		if _, _, errno := syscall.Syscall(syscall.SYS_MADVISE, p.start, p.size, syscall.MADV_DONTNEED); errno != 0 {
			return
		}
	}
}

type pages struct{ start, size uintptr }

// readOnly are the pages of the segments that nobody can have written to, as the file itself
// says (elf(5)): what is embedded is in them. Where the program is not loaded at the
// addresses that the file says, there are none.
var readOnly = sync.OnceValue(func() (out []pages) {
	file, err := elf.Open("/proc/self/exe")
	if err != nil {
		return nil // there is no /proc
	}
	defer func() {
		if err := file.Close(); err != nil {
			out = nil
		}
	}()
	if file.Type != elf.ET_EXEC {
		return nil
	}
	size := uint64(os.Getpagesize())
	for _, p := range file.Progs {
		if p.Type == elf.PT_LOAD && p.Flags == elf.PF_R {
			start, end := (p.Vaddr+size-1)/size*size, (p.Vaddr+p.Filesz)/size*size
			if end > start {
				out = append(out, pages{uintptr(start), uintptr(end - start)})
			}
		}
	}
	return out
})
