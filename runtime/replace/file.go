package replace

// One file that is being made, piece by piece. In: its bytes; out: the file in the folder. Of what
// is to be on disk before the commit, the system is told to begin writing each part as soon as it
// is there: so the sync before the commit, which alone says that it is, waits for little.

import (
	"io/fs"
	"os"
)

const (
	// writeBackSize is how much of a file is written before the disk gets it.
	writeBackSize = 1 << 20
	// blockSize: what lies in a block that is not full is left for the next part, as it is written to again.
	blockSize = 64 << 10
)

// File is a file of a Folder. It is for one goroutine at a time, and is closed before the commit.
type File struct {
	file  *os.File
	name  string
	work  *Work
	size  int64
	begun int64 // how much of it the disk is to get
}

// Write implements io.Writer. An error may also be the disk's about what was written before.
func (f *File) Write(data []byte) (int, error) {
	n, err := f.file.Write(data)
	f.size += int64(n)
	if end := f.size / blockSize * blockSize; err == nil && f.work.durable && end-f.begun >= writeBackSize {
		if err := f.work.writeBack(f.file, f.begun, end-f.begun); err != nil {
			return n, &fs.PathError{Op: "sync", Path: f.name, Err: err}
		}
		f.begun = end
	}
	return n, err
}

// Chmod sets the file's mode.
func (f *File) Chmod(mode fs.FileMode) error { return f.file.Chmod(mode) }

// Close implements io.Closer.
func (f *File) Close() error { return f.file.Close() }
