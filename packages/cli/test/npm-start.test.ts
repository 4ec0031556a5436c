import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import {
  builtProgram,
  memberArgs,
  READY,
  said,
  start,
  temporaryDirectory,
} from "./support/program.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

test("npm start ends with its server when npm gets SIGTERM", async () => {
  builtProgram();
  const args = await memberArgs("npm", join(temporaryDirectory(), "data"));
  const running = start(args, { program: ["npm", "start", "--"], cwd: ROOT });
  await said(running, READY);
  running.child.kill("SIGTERM");
  // The pipes are closed only when the last process that holds them has ended: the server.
  await running.exit;
  expect(running.output.err).toContain('"msg":"stopped"');
});
