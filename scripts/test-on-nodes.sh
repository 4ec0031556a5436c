#!/bin/sh
# Runs the test suite on other lines of Node, whose binaries come as npm packages.
# Usage: scripts/test-on-nodes.sh [MAJOR...]   (default: 20 22 24 26)
set -e
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -gt 0 ] || set -- 20 22 24 26
arch=$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
failed=""
for major in "$@"; do
  folder=${NODES_DIR:-${TMPDIR:-/tmp}/nodetcd-nodes}/$major
  node=$folder/node_modules/node-linux-$arch/bin/node
  if [ ! -x "$node" ]; then
    mkdir -p "$folder"
    (cd "$folder" && npm init -y >/dev/null && npm install --no-save "node-linux-$arch@$major" >/dev/null)
  fi
  echo "== Node $("$node" --version)"
  # Children that the tests start must be of the same line.
  (cd "$root" && PATH="$(dirname "$node"):$PATH" "$node" node_modules/vitest/vitest.mjs run) || failed="$failed $major"
done
[ -z "$failed" ] || { echo "failed on Node:$failed"; exit 1; }
echo "passed on Node: $*"
