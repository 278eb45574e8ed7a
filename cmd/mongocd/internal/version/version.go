// Package version is which mongocd this is: what the toolchain recorded of the build.
package version

import (
	"runtime/debug"
	"strings"
)

// dev is set by the linker for programs built from a tag's checkout.
var dev = "0.1.0-dev"

// Program is written into manifests: "mongocd VERSION".
func Program() string {
	if m := Release(); m != nil {
		return "mongocd " + strings.TrimPrefix(m.Version, "v")
	}
	return "mongocd " + dev
}

// Release is the released module that this program was built from, with its sum, as
// `go install …@VERSION` and `go tool` do; nil: it was built from a checkout, and no
// version of the module is known to be the same.
func Release() *debug.Module {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, m := range append(info.Deps, &info.Main) { // it is a dependency where it is a tool of another module
		if m.Path == "github.com/hayone1/mongocd" && m.Sum != "" && m.Replace == nil {
			return m
		}
	}
	return nil
}
