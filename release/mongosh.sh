#!/bin/sh
# What the image with mongosh has beside the first one's: Node.js, the libraries that it needs, and mongosh, for this machine's
# architecture. In: the mongosh of `make tools-quick`, and a folder. Out: the folder as a root. Node.js is pinned in node/, mongosh in
# cmd/testserver/npm; the libraries are what this machine's distribution has (Debian or Ubuntu), with its security updates. Needs npm and apt-get.
set -eu
mongosh=$1 to=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$to"
mkdir -p "$to/usr/bin" "$to/usr/lib/mongosh" "$to/usr/share/doc/nodejs" "$work/libraries"

base=$(apt-cache depends libgcc-s1 | sed -n 's/.*Depends: \(gcc-[0-9]*-base\)$/\1/p') # the licence of the other two
chmod 755 "$work"
(cd "$work" && apt-get -qq download libc6 libgcc-s1 libstdc++6 "$base" 2>"$work/log") || { cat "$work/log" >&2; exit 1; }
for package in "$work"/*.deb; do
  dpkg-deb -x "$package" "$work/libraries"
done
(cd "$work/libraries" && find . \( -name '*.so' -o -name '*.so.*' -o -path './usr/share/doc/*' \) ! -type d ! -path '*/gconv/*' ! -name '*.py' -print0 |
  sort -z | tar -c --null -T - -f -) | tar -x -C "$to"
# Where the distribution has /lib and /lib64 as links, the packages have no such folder.
for folder in lib lib64; do
  [ -e "$to/$folder" ] || [ ! -d "$to/usr/$folder" ] || ln -s "usr/$folder" "$to/$folder"
done

cp "$here/node/package.json" "$here/node/package-lock.json" "$here/node/.npmrc" "$work/"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
cp "$work"/node_modules/node-linux-*/bin/node "$to/usr/bin/node"
cp "$work"/node_modules/node-linux-*/LICENSE "$to/usr/share/doc/nodejs/copyright"

# Maps and types are for those who write mongosh.
(cd "$mongosh" && find node_modules -type f ! -path '*/.bin/*' ! -name '*.map' ! -name '*.ts' ! -name .package-lock.json -print0 | sort -z | tar -c --null -T - -f -) | tar -x -C "$to/usr/lib/mongosh"
printf '#!/usr/bin/node\nrequire("/usr/lib/mongosh/node_modules/mongosh/bin/mongosh.js");\n' >"$to/usr/bin/mongosh"
# mongosh would copy scripts with their data into log files, and ask for the network.
mkdir "$to/etc"
printf 'mongosh:\n  disableLogging: true\n  enableTelemetry: false\n' >"$to/etc/mongosh.conf"
find "$to" -type d -exec chmod 755 {} +
find "$to" -type f -exec chmod 644 {} +
find "$to/usr/bin" "$to" -name 'ld-linux*' -type f -exec chmod 755 {} +
chmod 755 "$to/usr/bin/node" "$to/usr/bin/mongosh"
