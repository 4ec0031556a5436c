import { nodeResolver } from "@nodetcd/runtime/node";
import { expect, test } from "vitest";

test("nodeResolver: knows this machine, and says which name it does not know", async () => {
  expect(await nodeResolver.addresses("localhost")).toContain("127.0.0.1");
  expect(await nodeResolver.addresses("127.0.0.1")).toEqual(["127.0.0.1"]);
  // Names that end so are never given to anybody (RFC 2606).
  await expect(nodeResolver.addresses("nobody.invalid")).rejects.toThrow("lookup nobody.invalid:");
});
