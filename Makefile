# mongocd: `make` lists the targets. Needs Go, Node.js with npm, Python 3 and make;
# test engines and mongosh are installed into .tools/ (ignored by git).

SHELL := /bin/sh
.DEFAULT_GOAL := help

include .tools.mk

export MONGOCD_TOOLS := $(CURDIR)/.tools

# Seconds for each fuzz target and number of random cases of `make soak`.
FUZZTIME ?= 300s
SOAK ?= 2000

.PHONY: help build playground site site-check demo test lint fmt golden soak soak-pipeline check bench footprint growth growth-shapes snapshot image-mongosh release-check clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

build: ## Build bin/mongocd and bin/testserver
	go build -trimpath -o bin/mongocd ./cmd/mongocd
	go build -trimpath -o bin/testserver ./cmd/testserver

# What a release has, without publishing it: archives, packages, checksums, bills of materials, manifests, images.
snapshot: tools-release ## Build a release of the last commit into dist/, unsigned and unpublished
	$(TOOLS)/bin/goreleaser release --snapshot --clean --skip=sign
	rm -rf dist/image
	bin/release image dist . dist/image

image-mongosh: tools-quick ## Of a snapshot the image with mongosh, too, of this machine's architecture, into dist/; on Debian or Ubuntu
	sh release/mongosh.sh $(TOOLS)/mongosh bin/image-mongosh
	rm -rf dist/image-mongosh
	bin/release image dist . dist/image-mongosh bin/image-mongosh

release-check: tools-quick tools-release ## Check the release configuration, and build two snapshots: run what is in them, compare their bytes
	.ci/release

# The page of `mongocd playground`, answered by a WebAssembly in a worker; any web server can have it. Nothing is inlined
# into it (-l): it takes twice the time of the processor, and a fifth less to load.
PLAYGROUND ?= bin/playground
playground: ## Build the playground as static files into bin/playground
	@mkdir -p "$(PLAYGROUND)"
	cd cmd/mongocd/internal/playground/page && cp index.html page.js page.css worker.js licences.txt "$(abspath $(PLAYGROUND))"
	cp "$$(go env GOROOT)/lib/wasm/wasm_exec.js" "$(PLAYGROUND)"
	GOOS=js GOARCH=wasm go build -trimpath -ldflags='-s -w' -gcflags=all=-l -o "$(PLAYGROUND)/mongocd.wasm" ./cmd/mongocd/internal/playground/wasm
	gzip -9 -n -c "$(PLAYGROUND)/mongocd.wasm" >"$(PLAYGROUND)/mongocd.bin"
	rm "$(PLAYGROUND)/mongocd.wasm"

site: $(STAMP_SITE) ## Build the documentation as a site with the playground in it into bin/site
	go build -trimpath -o bin/mongocd ./cmd/mongocd
	NO_MKDOCS_2_WARNING=1 $(TOOLS)/site/bin/mkdocs build --strict --clean --quiet --config-file docs/site/mkdocs.yml
	$(MAKE) --no-print-directory playground PLAYGROUND=bin/site/playground

site-check: site tools-browser ## Follow every link of the site, search in it and open its playground, in Chromium
	go test -count=1 -tags site -v ./docs/site

# On the Python engine, which every machine has: the demo is the same with cargo and without.
demo: needs ## Run the main job on an embedded engine: extract, compile, plan, apply, drift, repair
	@$(INSTALL) run "mongocd, with Go (the first time about a minute)" go build -trimpath -o bin/ ./cmd/mongocd ./cmd/testserver
	@$(MAKE) --no-print-directory tools-quick
	bin/testserver --engine secantus-py -- sh examples/demo.sh

test: tools ## Run every test (unit, corpus on real engines, examples, command line)
	go test -timeout 30m ./...

lint: tools-lint ## Run golangci-lint (which includes staticcheck), check the formatting, and with TypeScript the JavaScript engine and the two HTML pages
	test -z "$$(gofmt -l cmd lang compiler codegen release runtime examples)"
	.tools/bin/golangci-lint run ./...
	.tools/typescript/node_modules/.bin/tsc -p runtime/prelude/tsconfig.json
	.tools/typescript/node_modules/.bin/tsc -p runtime/prelude/tsconfig.shell.json
	.tools/typescript/node_modules/.bin/tsc -p codegen/report/page/tsconfig.json
	.tools/typescript/node_modules/.bin/tsc -p cmd/mongocd/internal/playground/page/src/tsconfig.json

fmt: ## Format the Go code and the weave files of the examples
	gofmt -w cmd lang compiler codegen release runtime examples
	go run ./cmd/mongocd fmt --workspace examples

golden: tools ## Rewrite all goldens; review the change with git diff
	UPDATE_GOLDEN=1 go test ./... -timeout 30m

soak: tools ## Random cases, faults and fuzzing at full length (hours; SOAK=n FUZZTIME=d)
	MONGOCD_SOAK=$(SOAK) go test -timeout 5h -v -run 'Random|Application|Fault|Kill|Copy|Deletions|Layouts|Profiles|PipelinesOf|EnginesAgree|StructureAgrees|UndoByEither|DamagedRecords|Failover' ./...
	MONGOCD_FOOTPRINT=98000 go test -count=1 -timeout 30m -run 'Footprint$$' -v ./codegen/cases
	$(MAKE) soak-pipeline
	.ci/fuzz $(FUZZTIME)

soak-pipeline: tools ## A million documents through pipelines: killed, resumed, in sync (20 minutes)
	MONGOCD_PIPELINE=1000000 go test -count=1 -timeout 6h -run '^TestManyDocuments$$' -v ./codegen/pipeline

bench: tools ## Speed bars as ratios against their peers
	go test -run '^$$' -bench . -benchtime 3x ./compiler ./compiler/query ./compiler/extract ./runtime/doc ./codegen/cases ./codegen/report ./runtime/enforce
	MONGOCD_FOOTPRINT=98000 go test -count=1 -timeout 30m -run 'Footprint$$' -v ./codegen/cases
	$(MAKE) --no-print-directory growth

GROWTH ?= 1000,98000
FOOTPRINT ?= 500000
footprint: tools ## Memory of the Go program, under a limit that kills it (FOOTPRINT=500000: its bar is 300 MB)
	MONGOCD_FOOTPRINT=$(FOOTPRINT) go test -count=1 -timeout 60m -run '^TestFootprint$$' -v ./codegen/cases

growth: tools ## Time, memory, sizes and commands of each stage, mongoimport and mongoexport beside them (GROWTH=1000,98000)
	go run ./cmd/testserver/growth --documents $(GROWTH)

growth-shapes: tools ## The same of many collections, of many databases, and of the largest documents
	go run ./cmd/testserver/growth --collections 1000 --databases 300 --large 10 --runs 1

check: lint test ## What CI runs

clean: ## Remove what was built (not .tools)
	rm -rf bin dist
