/** publint and "are the types wrong" find nothing. */
import { join } from "node:path";
import { step, tools } from "./steps.ts";

export async function proveLint(tarballs: Readonly<Record<string, string>>): Promise<string> {
  const found = await tools("publint", "@arethetypeswrong/cli");
  if (found === undefined) return "left out";
  for (const tarball of Object.values(tarballs)) {
    await step(process.execPath, [join(found, "publint", "src", "cli.js"), tarball, "--strict"]);
    const attw = join(found, "@arethetypeswrong", "cli", "dist", "index.js");
    await step(process.execPath, [attw, tarball, "--no-color", "--format", "json"]);
  }
  return `${Object.keys(tarballs).length} packages without a finding`;
}
