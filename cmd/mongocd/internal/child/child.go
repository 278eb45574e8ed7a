// Package child is what the programs that mongocd starts, git and go, are given.
//
// In: the process's environment; out: the variables that these programs read.
// Connection strings, passwords and keys, whatever a weave calls them, are not among
// them.
package child

import (
	"os"
	"slices"
	"strings"
)

// childVariables are the names of variables that are handed on, in capitals.
var childVariables = []string{
	"PATH", "PATHEXT", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TZ", "LANG", "LANGUAGE", "TMPDIR", "TMP", "TEMP", "NETRC",
	"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSH_AUTH_SOCK", "LD_LIBRARY_PATH",
	"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES",
	// of the Go toolchain (go help environment)
	"GCCGO", "GO111MODULE", "GO386", "GOAMD64", "GOARCH", "GOARM", "GOARM64", "GOAUTH", "GOBIN", "GOCACHE", "GOCACHEPROG", "GODEBUG", "GOENV", "GOEXPERIMENT", "GOFIPS140",
	"GOFLAGS", "GOINSECURE", "GOMAXPROCS", "GOMEMLIMIT", "GOGC", "GOMIPS", "GOMIPS64", "GOMODCACHE", "GONOPROXY", "GONOSUMDB", "GOOS", "GOPATH", "GOPPC64", "GOPRIVATE", "GOPROXY",
	"GORISCV64", "GOROOT", "GOSUMDB", "GOTELEMETRY", "GOTMPDIR", "GOTOOLCHAIN", "GOVCS", "GOWASM", "GOWORK",
}

// childPrefixes begin the names of further ones.
var childPrefixes = []string{"LC_", "XDG_", "GIT_", "SSH_", "NIX_", "DYLD_"}

// Environment is the environment of a program that mongocd starts.
func Environment() []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		name = strings.ToUpper(name)
		return !slices.Contains(childVariables, name) && !slices.ContainsFunc(childPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
	})
}
