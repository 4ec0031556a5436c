/** The Kubernetes version whose behaviour this follows. `kubectl` chooses its own version by `minor`. */
export function versionInfo(): Record<string, string> {
  return {
    major: "1",
    minor: "33",
    gitVersion: "v1.33.0+nodetcd",
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: "",
    platform: "linux/amd64",
  };
}
