//go:build linux

package desired

// What is embedded in a program, read from the program's file. The program has it in its
// memory already, but the kernel counts each page of it that was touched as resident, and with
// a page all that it holds of the file in one piece: up to 2 MiB for a document of 1 KiB
// (folios, Linux 6.18). What is read with pread(2) is counted for nobody. In: an embedded
// file; out: its text in the program's file, or nothing.

import (
	"bytes"
	"debug/elf"
	"io"
	"io/fs"
	"os"
	"reflect"
	"sync"
	"unsafe"
)

// fromProgram is the text of an embedded file in the program's file; nil: it is not found there.
func fromProgram(embedded fs.File) io.ReaderAt {
	text, program := embeddedText(embedded), program()
	if text == "" || program == nil {
		return nil
	}
	at, size := uint64(uintptr(unsafe.Pointer(unsafe.StringData(text)))), uint64(len(text))
	for _, p := range program.segments {
		if p.Vaddr <= at && at+size <= p.Vaddr+p.Filesz {
			found := io.NewSectionReader(program.file, int64(p.Off+at-p.Vaddr), int64(size))
			if p.is(found, text) {
				return found
			}
		}
	}
	return nil
}

// is reports whether a text is what is found, by the first one of the segment: to look at each one would make
// a part of it resident.
func (s *segment) is(found io.ReaderAt, text string) bool {
	s.once.Do(func() { s.right = begins(found, text) })
	return s.right
}

// begins reports whether both ends of a text are what is found: that all of it is, its digest
// says.
func begins(found io.ReaderAt, text string) bool {
	part := make([]byte, min(len(text), 4096))
	for _, at := range []int{0, len(text) - len(part)} {
		if n, err := found.ReadAt(part, int64(at)); n < len(part) && err != nil || !bytes.Equal(part, []byte(text[at:at+len(part)])) {
			return false
		}
	}
	return true
}

// embeddedText is where the program has the text of an embedded file; empty where package embed
// is another one than this was written for (embed.go: openFile has f, a file, which has data).
func embeddedText(embedded fs.File) string {
	v := reflect.ValueOf(embedded)
	for _, name := range []string{"f", "data"} {
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return ""
		}
		v = v.FieldByName(name)
	}
	if v.Kind() != reflect.String {
		return ""
	}
	return v.String()
}

type programFile struct {
	file     *os.File
	segments []*segment
}

// segment is a part of the file that is loaded as it is.
type segment struct {
	*elf.Prog
	once  sync.Once
	right bool // where it is loaded
}

// program is the program's file with what is loaded of it (elf(5)), opened until the program
// ends; nil where there is no /proc, or where it is not loaded at the addresses that the file
// says.
var program = sync.OnceValue(func() *programFile {
	file, err := os.Open("/proc/self/exe")
	if err != nil {
		return nil
	}
	in, err := elf.NewFile(file)
	if err != nil || in.Type != elf.ET_EXEC {
		_ = file.Close() // it was only read
		return nil
	}
	out := &programFile{file: file}
	for _, p := range in.Progs {
		if p.Type == elf.PT_LOAD && p.Flags&elf.PF_W == 0 {
			out.segments = append(out.segments, &segment{Prog: p})
		}
	}
	return out
})
