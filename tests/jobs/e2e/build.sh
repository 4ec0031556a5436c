#!/bin/sh
# Builds Kubernetes' end-to-end specs of workloads, unmodified, and the program that runs them side by side:
# e2e.test and ginkgo. Needs Go and its module proxy; takes some six minutes on two cores.
#
#   sh tests/jobs/e2e/build.sh FOLDER
#   KUBERNETES_VERSION (v1.36.3): of the module k8s.io/kubernetes
set -eu
output=$1
version=${KUBERNETES_VERSION:-v1.36.3}
mkdir -p "$output"
output=$(cd "$output" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../kubernetes/module.sh"

cp "$here/main_test.go" .
echo "building Kubernetes' end-to-end specs $version"
go mod tidy 2>/dev/null
go test -c -vet=off -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$version" -o "$output/e2e.test" .
go build -o "$output/" github.com/onsi/ginkgo/v2/ginkgo
