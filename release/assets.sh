#!/bin/sh
# What the archives have beside the program: completions, manual pages; and the tool that goreleaser calls. In: the date of the
# commit, as goreleaser writes it. Out: bin/release, bin/assets.
set -eu
date=${1%%T*}
rm -rf bin/assets
mkdir -p bin/assets/completions
unset GOOS GOARCH
go build -trimpath -o bin/assets/mongocd ./cmd/mongocd
go build -C release -trimpath -o ../bin/release .
bin/assets/mongocd completion bash >bin/assets/completions/mongocd.bash
bin/assets/mongocd completion zsh >bin/assets/completions/_mongocd
bin/assets/mongocd completion fish >bin/assets/completions/mongocd.fish
bin/assets/mongocd completion powershell >bin/assets/completions/mongocd.ps1
rm bin/assets/mongocd
bin/release man docs/commands.md bin/assets/man "$date"
