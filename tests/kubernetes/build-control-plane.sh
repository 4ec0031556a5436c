#!/bin/sh
# Builds Kubernetes' control plane into a folder: kube-apiserver, kube-controller-manager, kube-scheduler
# and kubectl. Needs Go and its module proxy; takes some four minutes on four cores.
#
#   sh tests/kubernetes/build-control-plane.sh FOLDER
#   KUBERNETES_VERSION (v1.36.3): of the module k8s.io/kubernetes
#   PROGRAMS: only these of the four
set -eu
output=$1
version=${KUBERNETES_VERSION:-v1.36.3}
mkdir -p "$output"
output=$(cd "$output" && pwd)
. "$(cd "$(dirname "$0")" && pwd)/module.sh"

programs=${PROGRAMS:-kube-apiserver kube-controller-manager kube-scheduler kubectl}
for program in $programs; do
  echo "building $program $version"
  go get "k8s.io/kubernetes/cmd/$program@$version" 2>/dev/null
  go build -ldflags "-X k8s.io/component-base/version.gitVersion=$version" -o "$output/" \
    "k8s.io/kubernetes/cmd/$program"
done
