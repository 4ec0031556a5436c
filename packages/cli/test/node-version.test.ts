import { expect, it } from "vitest";
import { whyNodeIsTooOld } from "../src/node-version.ts";
import { builtProgram, start } from "./support/program.ts";

it.each([
  ["16.20.2", true],
  ["18.20.8", true],
  ["20.9.0", true],
  ["20.18.3", true],
  ["20.19.0", false],
  ["20.20.2", false],
  ["22.0.0", false],
  ["26.1.0", false],
])("whyNodeIsTooOld(%s)", (version, isTooOld) => {
  expect(whyNodeIsTooOld(version) !== undefined).toBe(isTooOld);
});

it("the program on an old Node says which it needs, before anything else fails", async () => {
  const old = `Object.defineProperty(process.versions, "node", { value: "18.20.8" })`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(old)}`;
  const running = start(["--no-such-flag"], {
    program: builtProgram(),
    environment: { NODE_OPTIONS },
  });
  expect(await running.exit).toBe(1);
  expect(running.output.err).toMatch(
    /^nodetcd needs Node\.js >=20\.19; this is 18\.20\.8 \(.*\)\nInstall a newer one/,
  );
});
