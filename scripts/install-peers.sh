#!/bin/sh
# Installs the real programs that the tests talk to: etcd, etcdctl and the load generator h2load,
# from the system's packages. Peers already named by ETCD_BIN and the like need none of this.
set -e
missing=""
command -v etcd >/dev/null 2>&1 || missing="$missing etcd-server"
command -v etcdctl >/dev/null 2>&1 || missing="$missing etcd-client"
command -v h2load >/dev/null 2>&1 || missing="$missing nghttp2-client"
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
  echo "install-peers: no apt-get here; install$missing by hand, or name them by ETCD_BIN, ETCDCTL_BIN" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
