# Tools for tests, the demo and linting, pinned and installed into .tools/ (ignored by git). Included by the Makefile.
# The empty secantusd.toml keeps a user's own one from changing what tests see. Each rule's stamp names the versions, so a changed pin installs again and an unchanged one costs nothing.

TOOLS := .tools
SECANTUS_RS := 0.5.3-beta.193
GOLANGCI_LINT := v2.15.0
GORELEASER := v2.15.1
# The built Rust engine is kept here as well, so that another clone does not compile it again (about 5 minutes).
MONGOCD_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/mongocd

INSTALL := sh cmd/testserver/install.sh
# A Python that the server has wheels for, also where python3 is another one.
PYTHON_USED = $(shell PYTHON='$(PYTHON)' $(INSTALL) python)
STAMP_PY := $(TOOLS)/.venv-$(shell cksum < cmd/testserver/requirements.txt | cut -d' ' -f1)
STAMP_MONGOSH := $(TOOLS)/.mongosh-$(shell cksum < cmd/testserver/npm/package-lock.json | cut -d' ' -f1)
STAMP_GUIDES := $(TOOLS)/.guides-$(shell cksum < docs/guides/requirements.txt | cut -d' ' -f1)
# Of the projects' own modules, for their CustomResourceDefinitions; newer ones ask for a newer Go.
KUSTOMIZE_CONTROLLER := v1.9.0
ARGO_CD := v3.5.0
STAMP_CRDS := $(TOOLS)/.crds-$(KUSTOMIZE_CONTROLLER)-$(ARGO_CD)
STAMP_SITE := $(TOOLS)/.site-$(shell cksum < docs/site/requirements.txt | cut -d' ' -f1)
STAMP_PRE_COMMIT := $(TOOLS)/.pre-commit-$(shell cksum < .ci/precommit/requirements.txt | cut -d' ' -f1)
STAMP_LINT := $(TOOLS)/.golangci-lint-$(GOLANGCI_LINT)
STAMP_GORELEASER := $(TOOLS)/.goreleaser-$(GORELEASER)
STAMP_TSC := $(TOOLS)/.typescript-$(shell cksum < .ci/typescript/package-lock.json | cut -d' ' -f1)
TREE_SITTER := 0.26.13
STAMP_TREE_SITTER := $(TOOLS)/.tree-sitter-$(shell cksum < editors/tree-sitter-weave/test/requirements.txt | cut -d' ' -f1)
STAMP_VSCODE := $(TOOLS)/.vscode-$(shell cksum < editors/vscode/package-lock.json | cut -d' ' -f1)
STAMP_LIQUIBASE := $(TOOLS)/.liquibase-$(shell cksum < .ci/liquibase/pom.xml | cut -d' ' -f1)
STAMP_PLAYGROUND := $(TOOLS)/.playground-$(shell cksum < cmd/mongocd/internal/playground/page/package-lock.json | cut -d' ' -f1)
CACHED_RS := $(MONGOCD_CACHE)/secantus-mdb-$(SECANTUS_RS)/bin/secantusd-rs

# With cargo and a C compiler at hand, or an engine built before, tests run on the exact engine; else on the Python one.
ifneq ($(and $(shell command -v cargo 2>/dev/null),$(shell command -v cc 2>/dev/null))$(wildcard $(CACHED_RS)),)
EXACT_ENGINE := $(TOOLS)/bin/secantusd-rs-$(SECANTUS_RS)
endif

.PHONY: needs tools tools-quick tools-lint tools-release tools-browser probe guides changelogs pre-commit editors tree-sitter

needs: ## Say which of Go, Node.js, npm and Python are missing, and what to do
	@PYTHON='$(PYTHON)' $(INSTALL) needs $(STAMP_PY) $(STAMP_MONGOSH)

tools: tools-quick tools-browser $(STAMP_PLAYGROUND) $(EXACT_ENGINE) ## Install the test engines and mongosh into .tools/, and Chromium where it can be

tools-quick: $(STAMP_PY) $(STAMP_MONGOSH) ## The same without building an engine: mongosh and the slower, less exact Python engine

tools-browser: | needs ## Install Chromium on Debian, as root; else say how to get it
	@$(INSTALL) browser

tools-lint: $(STAMP_LINT) $(STAMP_TSC) $(STAMP_PLAYGROUND) ## Install golangci-lint and TypeScript into .tools/

tools-release: $(STAMP_GORELEASER) ## Install goreleaser into .tools/

guides: $(STAMP_GUIDES) $(STAMP_CRDS) ## Check the YAML of docs/guides, the workflows, the action and the GitLab component against published schemas
	$(TOOLS)/guides/bin/python docs/guides/check.py flux=$(TOOLS)/crds/flux argo=$(TOOLS)/crds/argo

changelogs: tools-quick $(EXACT_ENGINE) $(STAMP_LIQUIBASE) ## Run Liquibase with the changelogs of plan, and check them against its schemas; needs Java and Maven
	go test -count=1 -tags liquibase -run '^TestLiquibase$$' -v ./cmd/mongocd/internal/live

pre-commit: $(STAMP_PRE_COMMIT) ## Try the hooks of .pre-commit-hooks.yaml, at the last commit
	.ci/pre-commit $(TOOLS)/pre-commit/bin/pre-commit

editors: $(STAMP_VSCODE) $(STAMP_TREE_SITTER) ## Test the grammars of editors/ and the server in Neovim, and build and test the VS Code extension
	@$(INSTALL) neovim
	go build -trimpath -o bin/mongocd ./cmd/mongocd
	go test -tags editors -v -run 'TreeSitter|Neovim' ./editors
	@ln -sfn ../../$(TOOLS)/vscode/node_modules editors/vscode/node_modules
	npm --prefix editors/vscode run package
	npm --prefix editors/vscode test

# ABI 14: Helix 25.01 (Debian 13) and Neovim 0.7 take nothing newer.
tree-sitter: ## Generate the tree-sitter parser from its grammar anew; with cargo, the first time some minutes
	test -x $(TOOLS)/tree-sitter-cli/bin/tree-sitter || cargo install tree-sitter-cli --version $(TREE_SITTER) --locked --no-default-features --no-track --root $(TOOLS)/tree-sitter-cli
	cd editors/tree-sitter-weave && "$(CURDIR)/$(TOOLS)/tree-sitter-cli/bin/tree-sitter" generate --abi 14 && sha256sum grammar.js src/grammar.json src/node-types.json src/parser.c >src/GENERATED

probe: tools ## Show what the test engine keeps and does, as a table (PROBE='--uri …' or '--engine secantus-py')
	MONGOCD_TOOLS="$(CURDIR)/$(TOOLS)" go run ./cmd/testserver/probe $(PROBE)

$(STAMP_PY): | needs
	@rm -rf $(TOOLS)/venv $(TOOLS)/.venv-*
	@mkdir -p $(TOOLS)
	@$(INSTALL) run "the server, with pip" sh -c '"$$0" -m venv $(TOOLS)/venv && \
		exec $(TOOLS)/venv/bin/python -m pip install --disable-pip-version-check --require-hashes --only-binary :all: -r cmd/testserver/requirements.txt' '$(PYTHON_USED)'
	@touch $(TOOLS)/secantusd.toml $@

$(STAMP_MONGOSH): | needs
	@rm -rf $(TOOLS)/mongosh $(TOOLS)/.mongosh-*
	@mkdir -p $(TOOLS)/mongosh
	@cp cmd/testserver/npm/package.json cmd/testserver/npm/package-lock.json cmd/testserver/npm/.npmrc $(TOOLS)/mongosh/
	@$(INSTALL) run "mongosh, with npm" npm ci --prefix $(TOOLS)/mongosh --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# The crate states a newer rustc than it needs: it builds with 1.95. CMake comes from PyPI where there is none.
$(CACHED_RS):
	@command -v cargo >/dev/null || { echo "The exact test engine is built with cargo, which is not here. Install Rust, or run 'make tools-quick' for the Python engine." >&2; exit 1; }
	command -v cmake >/dev/null || { $(PYTHON_USED) -m venv $(TOOLS)/cmake && $(TOOLS)/cmake/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r cmd/testserver/cmake.txt; }
	PATH="$$PATH:$(CURDIR)/$(TOOLS)/cmake/bin" cargo install secantus-mdb --version $(SECANTUS_RS) --locked --ignore-rust-version --quiet --no-track --root $(MONGOCD_CACHE)/secantus-mdb-$(SECANTUS_RS)

$(TOOLS)/bin/secantusd-rs-$(SECANTUS_RS):
	test -x $(CACHED_RS) || $(MAKE) --no-print-directory $(CACHED_RS)
	mkdir -p $(TOOLS)/bin
	rm -f $(TOOLS)/bin/secantusd-rs*
	cp $(CACHED_RS) $@
	ln -s secantusd-rs-$(SECANTUS_RS) $(TOOLS)/bin/secantusd-rs
	touch $(TOOLS)/secantusd.toml

$(STAMP_LINT):
	mkdir -p $(TOOLS)/bin
	rm -f $(TOOLS)/.golangci-lint-*
	GOBIN="$(CURDIR)/$(TOOLS)/bin" go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
	touch $@

# 1,800 packages: the first build of it on a machine takes some minutes.
$(STAMP_GORELEASER):
	mkdir -p $(TOOLS)/bin
	rm -f $(TOOLS)/.goreleaser-*
	GOBIN="$(CURDIR)/$(TOOLS)/bin" go install github.com/goreleaser/goreleaser/v2@$(GORELEASER)
	touch $@

$(STAMP_TSC): | needs
	@rm -rf $(TOOLS)/typescript $(TOOLS)/.typescript-*
	@mkdir -p $(TOOLS)/typescript
	@cp .ci/typescript/package.json .ci/typescript/package-lock.json .ci/typescript/.npmrc $(TOOLS)/typescript/
	@cd $(TOOLS)/typescript && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(STAMP_GUIDES):
	rm -rf $(TOOLS)/guides $(TOOLS)/.guides-*
	mkdir -p $(TOOLS)
	$(PYTHON_USED) -m venv $(TOOLS)/guides
	$(TOOLS)/guides/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r docs/guides/requirements.txt
	touch $@

$(STAMP_CRDS):
	rm -rf $(TOOLS)/crds $(TOOLS)/.crds-*
	mkdir -p $(TOOLS)/crds/flux $(TOOLS)/crds/argo
	cp "$$(go mod download -json github.com/fluxcd/kustomize-controller@$(KUSTOMIZE_CONTROLLER) | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')"/config/crd/bases/*.yaml $(TOOLS)/crds/flux/
	cp "$$(go mod download -json github.com/argoproj/argo-cd/v3@$(ARGO_CD) | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')"/manifests/crds/application-crd.yaml $(TOOLS)/crds/argo/
	touch $@

$(STAMP_SITE): | needs
	@rm -rf $(TOOLS)/site $(TOOLS)/.site-*
	@mkdir -p $(TOOLS)
	@$(INSTALL) run "what the site is built with, with pip" sh -c '"$$0" -m venv $(TOOLS)/site && \
		exec $(TOOLS)/site/bin/python -m pip install --disable-pip-version-check --require-hashes --only-binary :all: -r docs/site/requirements.txt' '$(PYTHON_USED)'
	@touch $@

$(STAMP_PRE_COMMIT): | needs
	@rm -rf $(TOOLS)/pre-commit $(TOOLS)/.pre-commit-*
	@mkdir -p $(TOOLS)
	@$(INSTALL) run "pre-commit, with pip" sh -c '"$$0" -m venv $(TOOLS)/pre-commit && \
		exec $(TOOLS)/pre-commit/bin/python -m pip install --disable-pip-version-check --require-hashes --only-binary :all: -r .ci/precommit/requirements.txt' '$(PYTHON_USED)'
	@touch $@

$(STAMP_VSCODE): | needs
	@rm -rf $(TOOLS)/vscode $(TOOLS)/.vscode-*
	@mkdir -p $(TOOLS)/vscode
	@cp editors/vscode/package.json editors/vscode/package-lock.json editors/vscode/.npmrc $(TOOLS)/vscode/
	@$(INSTALL) run "the tools of the VS Code extension, with npm" sh -c "cd $(TOOLS)/vscode && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error"
	@touch $@

$(STAMP_PLAYGROUND): | needs
	@rm -rf $(TOOLS)/playground $(TOOLS)/.playground-*
	@mkdir -p $(TOOLS)/playground
	@cd cmd/mongocd/internal/playground/page && cp package.json package-lock.json .npmrc "$(CURDIR)/$(TOOLS)/playground/"
	@$(INSTALL) run "what the playground is bundled from, with npm" sh -c "cd $(TOOLS)/playground && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error"
	@touch $@

$(STAMP_LIQUIBASE):
	@rm -rf $(TOOLS)/liquibase $(TOOLS)/.liquibase-*
	@mkdir -p $(TOOLS)
	@$(INSTALL) run "Liquibase, with Maven" mvn --quiet --batch-mode --strict-checksums --file .ci/liquibase/pom.xml dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$(CURDIR)/$(TOOLS)/liquibase"
	@touch $@

$(STAMP_TREE_SITTER):
	@rm -rf $(TOOLS)/tree-sitter $(TOOLS)/.tree-sitter-*
	@mkdir -p $(TOOLS)
	@$(INSTALL) run "tree-sitter, with pip" sh -c '"$$0" -m venv $(TOOLS)/tree-sitter && \
		exec $(TOOLS)/tree-sitter/bin/python -m pip install --disable-pip-version-check --require-hashes --only-binary :all: -r editors/tree-sitter-weave/test/requirements.txt' '$(PYTHON_USED)'
	@touch $@
