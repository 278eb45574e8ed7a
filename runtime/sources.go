// Package sources holds the sources of everything under runtime: those in Go, which
// codegen/gosync copies into the artefacts it makes, without tests, and those in
// JavaScript, which runtime/prelude puts together for scripts. Out: file systems
// with paths such as "enforce/apply.go" and "doc/number.js".
package sources

import "embed"

// Files are the sources, by their paths under runtime. A pattern cannot say "but
// tests": these name what does not end in "t", then in "st", and so on. A test
// holds that none is missing.
//
//go:embed cli/*[^t].go desired/*[^t].go doc/*[^t].go enforce/*[^t].go layout/*[^t].go order/*[^t].go parallel/*[^t].go pattern/*[^t].go replace/*[^t].go safe/*[^t].go
//go:embed stores/*[^t].go stores/dir/*[^t].go stores/mongo/*[^t].go validator/*[^t].go
//go:embed enforce/*[^s]t.go enforce/*[^e]st.go enforce/*[^t]est.go layout/*[^s]t.go layout/*[^e]st.go
var Files embed.FS

// Scripts are the JavaScript halves, by their paths under runtime. The Go artefacts
// hold none of them.
//
//go:embed */*.js */*/*.js
var Scripts embed.FS
