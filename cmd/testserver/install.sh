#!/bin/sh
# What the Makefile needs before and while it installs tools; POSIX sh, as on Linux and macOS.
#
#   install.sh needs [STAMP...]   which of the tools are missing, all of them at once, and what to do: exit 1; and how
#                                 long the installation takes when a stamp, the mark of an installed tool, is missing
#   install.sh python             the Python to use: $PYTHON, else the first one in PATH that the test server has wheels for
#   install.sh browser            Chromium for the tests of the HTML page, where there is none and it can be installed
#   install.sh neovim             Neovim for the test of the language server, in the same way
#   install.sh run LABEL COMMAND… runs a command with a dot every second; its output is shown when it fails
set -u

FIRST_PYTHON=10 LAST_PYTHON=13 # the wheels of cmd/testserver/requirements.txt are for 3.10 to 3.13
FIRST_NODE=20                  # cmd/testserver/npm/package-lock.json, engines
root=$(cd "$(dirname "$0")/../.." && pwd)

has() { command -v "$1" >/dev/null 2>&1; }

# python_minor COMMAND: the N of 3.N; nothing when it is no Python 3.
python_minor() { has "$1" && "$1" -c 'import sys; print(sys.version_info[1] if sys.version_info[0] == 3 else "")' 2>/dev/null; }

fits() { [ -n "$1" ] && [ "$1" -ge $FIRST_PYTHON ] && [ "$1" -le $LAST_PYTHON ]; }

python() {
	if [ -z "${PYTHON:-}" ]; then
		for candidate in python3 python3.13 python3.12 python3.11 python3.10; do
			if fits "$(python_minor "$candidate")"; then
				echo "$candidate"
				return
			fi
		done
	fi
	echo "${PYTHON:-python3}"
}

missing=0
lacks() {
	missing=1
	printf '%s\n    %s\n' "$1" "$2" >&2
}

needs() {
	wanted=$(sed -n 's/^go //p' "$root/go.mod")
	if ! has go; then
		lacks "Go is missing." "Install Go $wanted: https://go.dev/dl"
	else
		# From 1.21 on, Go fetches a newer one by itself.
		version=$(GOTOOLCHAIN=local go version 2>/dev/null | sed -n 's/^go version go1\.\([0-9]*\).*/\1/p')
		[ "${version:-0}" -ge 21 ] || lacks "Go is too old: $(GOTOOLCHAIN=local go version 2>&1)." "Install Go $wanted: https://go.dev/dl"
	fi
	if ! has node; then
		lacks "Node.js is missing; mongosh runs on it." "Install Node.js $FIRST_NODE or newer: https://nodejs.org"
	else
		version=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p')
		[ "${version:-0}" -ge $FIRST_NODE ] || lacks "Node.js is too old for mongosh: $(node --version 2>&1)." "Install Node.js $FIRST_NODE or newer: https://nodejs.org"
	fi
	has npm || lacks "npm is missing; it installs mongosh." "It comes with Node.js, on some Linux systems as a package of its own: npm"
	python=$(python)
	minor=$(python_minor "$python")
	advice="Install Python 3.$LAST_PYTHON beside it (python3.$LAST_PYTHON in PATH is found), or name one: make PYTHON=/path/to/python3.$LAST_PYTHON …"
	if ! has "$python"; then
		lacks "Python is missing ($python); the test server runs on it." "Install Python 3.$FIRST_PYTHON to 3.$LAST_PYTHON: https://www.python.org/downloads"
	elif [ -z "$minor" ]; then
		lacks "Python 3 is needed for the test server, and $python is none." "$advice"
	elif [ "$minor" -lt $FIRST_PYTHON ]; then
		lacks "Python is too old for the test server, which is built for 3.$FIRST_PYTHON to 3.$LAST_PYTHON: $python is 3.$minor." "$advice"
	elif [ "$minor" -gt $LAST_PYTHON ]; then
		lacks "Python is too new for the test server, which is built for 3.$FIRST_PYTHON to 3.$LAST_PYTHON: $python is 3.$minor." "$advice"
	elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
		lacks "$python has no venv, in which the test server is installed." "Install it: on Debian and Ubuntu the package python3-venv"
	fi
	if [ $missing -ne 0 ]; then
		echo "Nothing was installed." >&2
		exit 1
	fi
	for stamp in "$@"; do
		if [ ! -e "$stamp" ]; then
			echo "The first time this installs a MongoDB-compatible server and mongosh into .tools/: about 40 seconds."
			return
		fi
	done
}

# browser installs Debian's Chromium. Debian signs it, and keeps the newest one alone, so no version is named. Where it
# cannot be installed it is said how to get it; the tests that need it say so too, and fail.
browser() {
	for name in "${MONGOCD_BROWSER:-}" chromium chromium-browser google-chrome-stable google-chrome; do
		if [ -n "$name" ] && has "$name"; then return; fi
	done
	[ ! -d "/Applications/Chromium.app" ] && [ ! -d "/Applications/Google Chrome.app" ] || return 0
	debian Chromium chromium fonts-dejavu-core
	echo "Chromium is missing; the tests of the HTML page need it. On Debian: apt-get install chromium; elsewhere Chromium or Google Chrome, or MONGOCD_BROWSER=/path/to/one" >&2
}

neovim() {
	if has nvim; then return; fi
	debian Neovim neovim
	echo "Neovim is missing; the test of the language server in it needs one from 0.7 on. On Debian: apt-get install neovim" >&2
}

# debian NAME PACKAGE…: installs them and ends, where that is possible.
debian() {
	if has apt-get && [ "$(id -u)" = 0 ] && grep -q '^ID=debian$' /etc/os-release; then
		name=$1
		shift
		run "$name, with apt-get" sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"' sh "$@"
	fi
}

run() {
	label=$1
	shift
	printf '%s ' "$label"
	log=$(mktemp) || exit 1
	began=$(date +%s)
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	trap 'kill "$pid" 2>/dev/null; rm -f "$log"; exit 130' INT TERM
	while kill -0 "$pid" 2>/dev/null; do
		printf .
		sleep 1
	done
	wait "$pid"
	code=$?
	if [ $code -ne 0 ]; then
		echo " failed:"
		cat "$log" >&2
	else
		echo " $(($(date +%s) - began)) s"
	fi
	rm -f "$log"
	exit $code
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
needs) needs "$@" ;;
python) python ;;
browser) browser ;;
neovim) neovim ;;
run) run "$@" ;;
*)
	sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
	exit 64
	;;
esac
