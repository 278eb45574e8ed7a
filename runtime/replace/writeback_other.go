//go:build !linux || !(amd64 || arm64 || riscv64)

package replace

import "os"

// writeBack is nothing here: all of the file is written to the disk by the sync.
func writeBack(*os.File, int64, int64) error { return nil }
