// Package sources holds the sources of everything under runtime: those in Go, which
// codegen/gosync copies into the artefacts it makes, without tests, and those in
// JavaScript, which runtime/prelude puts together for scripts. Out: file systems
// with paths such as "enforce/write.go" and "doc/number.js".
package sources

import "embed"

// Files are the sources of every package, by their paths under runtime, and those of
// runtime/prelude, which no artefact holds. A pattern cannot say "but tests": these
// name what does not end in "t", then in "st", and so on. A test holds that none is
// missing.
//
//go:embed */*[^t].go */*[^s]t.go */*[^e]st.go */*[^t]est.go
//go:embed */*/*[^t].go */*/*[^s]t.go
var Files embed.FS

// Scripts are the JavaScript halves, by their paths under runtime. The Go artefacts
// hold none of them.
//
//go:embed */*.js */*/*.js
var Scripts embed.FS
