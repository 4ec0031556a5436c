import { versionText } from "../version.ts";

/** `nodetcd version`. */
export function version(): number {
  process.stdout.write(versionText());
  return 0;
}
