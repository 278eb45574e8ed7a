#!/bin/sh
# The main job, end to end, on the server whose URI is in MONGOCD_TESTSERVER_URI:
# `make demo` starts one, runs this and stops it. Everything else stays in a temporary folder.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
uri=${MONGOCD_TESTSERVER_URI:?run this with 'make demo'}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PATH="$work/bin:$root/bin:$PATH"

# mongosh writes the text of scripts to a log unless its home says otherwise: give it one of its own.
mkdir -p "$work/bin" "$work/home/.mongodb/mongosh"
echo '{"enableTelemetry":false,"disableLogging":true}' > "$work/home/.mongodb/mongosh/config"
cat > "$work/bin/mongosh" <<END
#!/bin/sh
HOME="$work/home" exec "$root/.tools/mongosh/node_modules/.bin/mongosh" "\$@"
END
chmod +x "$work/bin/mongosh"

step() { printf '\n\033[1m== %s\033[0m\n' "$1"; }
run() { printf '$ %s\n' "$*"; "$@"; }
# expect CODE COMMAND…: exit codes are part of what mongocd promises.
expect() {
	wanted=$1; shift; code=0
	run "$@" || code=$?
	[ "$code" -eq "$wanted" ] || { echo "demo: exit code $code, wanted $wanted" >&2; exit 1; }
	echo "(exit code $code)"
}

step "1. A source with eight planets, and a destination that is out of date"
run mongosh "$uri" --quiet --norc --file "$root/examples/demo-data.js"

step "2. The rules, and the source's documents, indexes and options as files for git"
mkdir "$work/planets"
cp "$root/examples/planets/planets.weave" "$work/planets/"
cd "$work/planets"
export MONGOCD_SOURCE_URI="$uri"
run mongocd extract
run ls -R extracted
run cat planets.weave

step "3. Check the rules against the data, then generate a mongosh script and a Go program for each environment"
run mongocd check
run mongocd compile --build

step "4. What would the destination get? Nothing is written"
export MONGOCD_DESTINATION_URI="$uri"
expect 0 build/prod/planets/planets plan

step "5. Apply it with the Go program"
expect 0 build/prod/planets/planets apply

step "6. The mongosh script of the same release finds nothing to do"
expect 0 env MONGOCD_MODE=apply mongosh "$uri" --quiet --norc --file build/prod/planets/mongosh.js

step "7. Somebody changes a document by hand; verify shows the drift"
run mongosh "$uri" --quiet --norc --eval 'db.getSiblingDB("guides").planets.updateOne({name: "Saturn"}, {$set: {hasRings: false, visits: 1042}}).modifiedCount'
expect 2 build/prod/planets/planets verify

step "8. The mongosh script repairs it, and leaves what belongs to the destination (visits) alone"
expect 0 env MONGOCD_MODE=apply mongosh "$uri" --quiet --norc --file build/prod/planets/mongosh.js
expect 0 build/prod/planets/planets verify
run mongosh "$uri" --quiet --norc --eval 'db.getSiblingDB("guides").planets.findOne({name: "Saturn"}, {_id: 0, name: 1, hasRings: 1, visits: 1})'

printf '\nDone. The rules are in examples/planets; README.md says how to start with your own data.\n'
