# Sourced by the scripts that build something of Kubernetes: begins a module that requires k8s.io/kubernetes
# at $version ("v1.36.3") in an empty temporary folder, which becomes the working directory and is removed at
# the exit. Its libraries are replaced by folders that its module leaves out; they are modules of their own, too.
if ! command -v go >/dev/null; then
  echo "kubernetes: Go is missing, so Kubernetes cannot be built" >&2
  exit 1
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOFLAGS="${GOFLAGS:-} -mod=mod"

source=$(cd / && go mod download -json "k8s.io/kubernetes@$version" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p')
{
  echo "module scratch"
  sed -n 's/^go /go /p' "$source"
  echo "require k8s.io/kubernetes $version"
  sed -n "s|^\t\(k8s.io/[^ ]*\) => ./staging.*|replace \1 => \1 v0.${version#v1.}|p" "$source"
} >go.mod
