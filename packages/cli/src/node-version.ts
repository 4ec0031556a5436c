import { manifest } from "./version.ts";

/** `20.19` as [20, 19]; what follows is not compared. */
function parts(version: string): [major: number, minor: number] {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return [major, minor];
}

/**
 * Why Node `version` (`18.20.8`) cannot run the program; undefined if it can. Asked before anything is loaded
 * that older versions would fail in with words that lead astray.
 */
export function whyNodeIsTooOld(version: string): string | undefined {
  const { node } = manifest().engines;
  const [major, minor] = parts(version);
  const [neededMajor, neededMinor] = parts(node.replace(">=", ""));
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return undefined;
  return (
    `nodetcd needs Node.js ${node}; this is ${version} (${process.execPath})\n` +
    "Install a newer one, or put it first in PATH.\n"
  );
}
