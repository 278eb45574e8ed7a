package gosync

// go.mod and go.sum of the artefact: the driver and what it needs, at the versions
// that this project is tested with, and the release that has the runtime, if one
// does. module_test.go holds module/ against the project's own and, with
// UPDATE_GOLDEN=1, writes them.

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hayone1/mongocd/codegen"
)

const moduleName = "artefact"

// ModulePath is the path of this module.
const ModulePath = "github.com/hayone1/mongocd"

//go:embed module/go.mod.txt
var goMod string

//go:embed module/go.sum.txt
var goSum string

// Release is a version of this module that the Go toolchain fetches, checks and keeps
// as it does the driver.
type Release struct {
	Version string // v1.2.3
	Sum     string // h1:…, of the module
	GoMod   []byte // its go.mod
}

// Packages is the path of the runtime's packages in a program, with a slash.
func Packages(r *Release) string { return r.packages() }

// packages is that path.
func (r *Release) packages() string {
	if r == nil {
		return internalPath
	}
	return runtimePath
}

// moduleFiles are go.mod and go.sum.
func moduleFiles(release *Release) []codegen.File {
	mod, sum := goMod, goSum
	if release != nil {
		mod, sum = release.goMod(), release.goSum()
	}
	return []codegen.File{{Path: "go.mod", Data: []byte(mod), Mode: 0o644}, {Path: "go.sum", Data: []byte(sum), Mode: 0o644}}
}

// required is a line of go.mod with a module and its version.
var required = regexp.MustCompile(`(?m)^(?:require |\t)(\S+ v\S+)`)

// goMod requires the release, and the rest by way of it.
func (r *Release) goMod() string {
	head, _, _ := strings.Cut(goMod, "require ")
	var b strings.Builder
	fmt.Fprintf(&b, "%srequire %s %s\n\nrequire (\n", head, ModulePath, r.Version)
	var indirect []string
	for _, m := range required.FindAllStringSubmatch(goMod, -1) {
		indirect = append(indirect, m[1])
	}
	slices.Sort(indirect)
	for _, m := range indirect {
		fmt.Fprintf(&b, "\t%s // indirect\n", m)
	}
	return b.String() + ")\n"
}

func (r *Release) goSum() string {
	lines := slices.Collect(strings.Lines(goSum))
	lines = append(lines, fmt.Sprintf("%s %s %s\n", ModulePath, r.Version, r.Sum), fmt.Sprintf("%s %s/go.mod %s\n", ModulePath, r.Version, goModSum(r.GoMod)))
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// goModSum is the sum of a go.mod in go.sum (golang.org/x/mod/sumdb/dirhash, Hash1):
// SHA-256 of a line with that of the file, and its name.
func goModSum(text []byte) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%x  go.mod\n", sha256.Sum256(text)))
	return "h1:" + base64.StdEncoding.EncodeToString(sum[:])
}
