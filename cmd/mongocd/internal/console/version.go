package console

// version is the release; set by the linker for releases built from a tag.
var version = "0.1.0-dev"

// Program is written into manifests: "mongocd VERSION".
func Program() string { return "mongocd " + version }
