#!/bin/sh
# Kubernetes' own tests of what it stores in etcd (k8s.io/apiserver, pkg/storage/etcd3 and
# pkg/storage/cacher), with nodetcd in etcd's place. Needs Go and its module proxy; everything is fetched
# into a temporary folder. Takes some four minutes.
#
#   KUBERNETES_VERSION (v0.37.2): of the module k8s.io/apiserver
#   NODETCD_BIN (this project's): the server to test
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
version=${KUBERNETES_VERSION:-v0.37.2}
export NODETCD_BIN="${NODETCD_BIN:-$root/bin/nodetcd}"
if ! command -v go >/dev/null; then
  echo "kubernetes: Go is missing, so Kubernetes' tests cannot be built" >&2
  exit 1
fi
"$NODETCD_BIN" --version >/dev/null

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
go mod init scratch >/dev/null 2>&1
source=$(go mod download -json "k8s.io/apiserver@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
cp -r "$source" apiserver
chmod -R u+w apiserver
rm apiserver/pkg/storage/etcd3/testserver/*.go
cp "$root/tests/kubernetes/testserver.go" apiserver/pkg/storage/etcd3/testserver/
cd apiserver

failed=0
for package in etcd3 cacher; do
  echo "kubernetes $version: pkg/storage/$package"
  go test -count=1 -timeout 10m -v "./pkg/storage/$package" >"$folder/$package.log" 2>&1 || failed=1
  grep -aE '^ *--- FAIL|^panic|^FAIL|_test.go:.*(rror|xpected)' "$folder/$package.log" || true
  echo "  $(grep -acE '^--- PASS' "$folder/$package.log" || true) passed," \
    "$(grep -acE '^--- FAIL' "$folder/$package.log" || true) failed"
done
exit $failed
