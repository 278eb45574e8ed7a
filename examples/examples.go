// Package examples is the workspaces of this folder, for programs that show them.
package examples

import "embed"

// Files has a folder for each workspace.
//
//go:embed planets markets growthbook saas
var Files embed.FS

// Names are the workspaces, the smallest one first.
var Names = []string{"planets", "markets", "growthbook", "saas"}
