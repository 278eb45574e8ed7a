// Package page is the page of the playground: its HTML, style and scripts.
//
// page.js, worker.js and page.css are made of src/ and of the packages in
// package-lock.json by a test (bundle_test.go), licences.txt of the licences of these.
// As they stand they are the static page, which `make playground` puts beside the
// WebAssembly; Served is the page of a program that answers it itself.
package page

import (
	"embed"
	"strings"
)

// Files are the static page.
//
//go:embed index.html page.js page.css worker.js licences.txt
var Files embed.FS

//go:embed index.html
var index string

// Policy is the Content-Security-Policy in the page.
func Policy() string {
	_, policy, _ := strings.Cut(index, `http-equiv="Content-Security-Policy" content="`)
	policy, _, _ = strings.Cut(policy, `"`)
	return policy
}

// Served is index.html for a page that a program answers; here: that was started in a workspace.
func Served(here bool) string {
	engine := "server"
	if here {
		engine = "here"
	}
	return strings.Replace(index, `name="engine" content="wasm"`, `name="engine" content="`+engine+`"`, 1)
}
