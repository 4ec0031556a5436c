#!/bin/sh
# Builds etcd, etcdctl, etcdutl and bbolt of the versions that nodetcd is held to, where a Go toolchain
# and its module proxy are at hand, and prints the variables that name them:
#   eval "$(scripts/build-peers.sh)"
# They are kept in PEERS_DIR (default: nodetcd-peers in the system's temporary folder).
set -e
etcd=v3.7.1
bbolt=v1.5.0
dir=${PEERS_DIR:-${TMPDIR:-/tmp}/nodetcd-peers}/$etcd-$bbolt
command -v go >/dev/null 2>&1 || { echo "build-peers: there is no Go toolchain here" >&2; exit 1; }
mkdir -p "$dir"
cd "$dir"
if [ ! -x etcd ] || [ ! -x etcdctl ] || [ ! -x etcdutl ] || [ ! -x bbolt ]; then
  [ -f go.mod ] || go mod init peers >&2
  go get "go.etcd.io/etcd/server/v3@$etcd" "go.etcd.io/etcd/etcdctl/v3@$etcd" \
    "go.etcd.io/etcd/etcdutl/v3@$etcd" "go.etcd.io/bbolt/cmd/bbolt@$bbolt" >&2
  go build -o etcd go.etcd.io/etcd/server/v3
  go build -o etcdctl go.etcd.io/etcd/etcdctl/v3
  go build -o etcdutl go.etcd.io/etcd/etcdutl/v3
  go build -o bbolt go.etcd.io/bbolt/cmd/bbolt
fi
# The release before, as a program of its own: it needs other versions of the same modules.
etcd36=v3.6.16
if [ ! -x etcd36 ]; then
  mkdir -p 3.6
  (
    cd 3.6
    [ -f go.mod ] || go mod init peers >&2
    go get "go.etcd.io/etcd/server/v3@$etcd36" >&2
    go build -o ../etcd36 go.etcd.io/etcd/server/v3
  )
fi
for name in etcd etcd36 etcdctl etcdutl bbolt; do
  echo "export $(echo $name | tr a-z A-Z)_BIN='$dir/$name'"
done
