// Package mongocd holds the module's own go.mod, whose sum the programs that it
// generates pin it by.
package mongocd

import _ "embed"

// GoMod is go.mod, byte for byte, as a module proxy gives it.
//
//go:embed go.mod
var GoMod []byte
