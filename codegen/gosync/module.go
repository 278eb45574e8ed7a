package gosync

// go.mod and go.sum of the artefact: the driver and what it needs, at the
// versions and with the sums of this project. module_test.go holds them equal
// and, with UPDATE_GOLDEN=1, writes them.

import _ "embed"

const moduleName = "artefact"

//go:embed module/go.mod.txt
var goMod string

//go:embed module/go.sum.txt
var goSum string
