//go:build !unix

package outputs

import "io/fs"

// inodeOf has none: files are digested.
func inodeOf(fs.FileInfo) (uint64, bool) { return 0, false }
