#!/bin/sh
# etcd's own robustness tests (go.etcd.io/etcd/tests/v3, robustness), with nodetcd in etcd's place: traffic of
# etcd's and Kubernetes' kind on one member that is killed meanwhile, or on three that are also cut off from each
# other, slowed down and replaced; then the history of all clients is
# checked for linearizability, all watches for their promises, and the log that the member has left, as
# etcd's code reads it, for being what the clients were told. Needs Go and its module proxy; everything is
# fetched into a temporary folder. Half a minute a round, and one to build.
#
#   SIZE (1): of the cluster, 1 or 3; the traffic of three goes through all of them
#   LAST_RELEASE (none): a real etcd, of 3.6 or 3.7; with SIZE=3 all clusters are of both, the leader of either
#   ROUNDS (2): how often the four kinds of traffic are tried
#   MIN_QPS (theirs: 50 and 100): calls a second below which a run counts as failed, on machines with other work
#   ETCD_TESTS_VERSION (v3.7.1): of the module
#   NODETCD_BIN (this project's): the server to test
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
version=${ETCD_TESTS_VERSION:-v3.7.1}
rounds=${ROUNDS:-2}
size=${SIZE:-1}
nodetcd="${NODETCD_BIN:-$root/bin/nodetcd}"
if ! command -v go >/dev/null; then
  echo "robustness: Go is missing, so etcd's tests cannot be built" >&2
  exit 1
fi
"$nodetcd" --version >/dev/null

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
source=$(cd "$folder" && go mod download -json "go.etcd.io/etcd/tests/v3@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
cp -r "$source" "$folder/tests"
chmod -R u+w "$folder/tests"
cp "$root/tests/robustness/from-outside.go" "$folder/tests/robustness/failpoint/"
cd "$folder/tests"
# The module stands alone here, and failpoints of gofail would have to be compiled into the server.
sed -i '/^replace (/,/^)/d' go.mod
sed -i 's/WithGoFailEnabled(true)/WithGoFailEnabled(false)/' robustness/scenarios/scenarios.go
if [ -n "${LAST_RELEASE:-}" ]; then
  sed -i 's/\(WithVersion(e2e.CurrentVersion)}, Weight: \)60/\10/' robustness/scenarios/scenarios.go
  grep -q 'CurrentVersion)}, Weight: 0}' robustness/scenarios/scenarios.go
fi
if [ -n "${MIN_QPS:-}" ]; then
  sed -i -E "s/(MinimalQPS: +)[0-9]+/\\1$MIN_QPS/" robustness/traffic/traffic.go
fi
GOFLAGS=-mod=mod go test -tags e2e -c -o "$folder/robustness.test" ./robustness

mkdir "$folder/bin"
printf '#!/bin/sh\nETCD_LOG_FORMAT=json exec "%s" "$@"\n' "$nodetcd" >"$folder/bin/etcd"
chmod +x "$folder/bin/etcd"
if [ -n "${LAST_RELEASE:-}" ]; then cp "$LAST_RELEASE" "$folder/bin/etcd-last-release"; fi
cd robustness
failed=0
RESULTS_DIR="$folder/results" "$folder/robustness.test" -bin-dir="$folder/bin" \
  -test.run "TestRobustnessExploratory/.*/ClusterOfSize$size" -test.count "$rounds" -test.v \
  -test.timeout "$((rounds + 5))m" >"$folder/log" 2>&1 || failed=1
grep -aE '^ *--- FAIL|^panic|Error:' "$folder/log" || true
echo "robustness $version: $(grep -acE '^ *--- PASS.*/ClusterOfSize[13]/' "$folder/log" || true) histories hold," \
  "$(grep -acE '^ *--- FAIL.*/ClusterOfSize[13]/' "$folder/log" || true) do not"
if [ $failed != 0 ]; then
  trap - EXIT
  echo "kept: $folder (log, and results with the history as a page to look at)"
fi
exit $failed
