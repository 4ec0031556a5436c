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
staging=v0.${version#v1.}
if ! command -v go >/dev/null; then
  echo "kubernetes: Go is missing, so Kubernetes cannot be built" >&2
  exit 1
fi
mkdir -p "$output"
output=$(cd "$output" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOFLAGS=-mod=mod

source=$(cd / && go mod download -json "k8s.io/kubernetes@$version" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p')
# Its libraries are replaced by folders that its module leaves out; they are modules of their own, too.
{
  echo "module scratch"
  sed -n 's/^go /go /p' "$source"
  echo "require k8s.io/kubernetes $version"
  sed -n "s|^\t\(k8s.io/[^ ]*\) => ./staging.*|replace \1 => \1 $staging|p" "$source"
} >go.mod
programs=${PROGRAMS:-kube-apiserver kube-controller-manager kube-scheduler kubectl}
for program in $programs; do
  echo "building $program $version"
  go get "k8s.io/kubernetes/cmd/$program@$version" 2>/dev/null
  go build -ldflags "-X k8s.io/component-base/version.gitVersion=$version" -o "$output/" \
    "k8s.io/kubernetes/cmd/$program"
done
