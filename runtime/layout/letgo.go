package layout

import "runtime/debug"

// letGoBytes are how many bytes of documents are worth it to look for what is not needed any more.
const letGoBytes = 16 << 20

// LetGo gives memory back to the system that nothing refers to any more, where so many bytes
// of documents were: before as much is taken for what is made of them. Else both are there
// until the next collection of garbage, which comes when what is held has doubled.
func LetGo(bytes int) {
	if bytes >= letGoBytes {
		debug.FreeOSMemory()
	}
}
