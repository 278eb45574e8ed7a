//go:build !unix

package cache

import "io/fs"

// othersWrite is not known of a folder whose rights are no mode; that of the user has the user's.
func othersWrite(fs.FileInfo) bool { return false }
