import { expect, test } from "vitest";
import { proveHttp } from "../interop/http.ts";
import { proveMalformed } from "../interop/malformed.ts";
import { peer } from "../peers.ts";

test("HTTP pages answer as etcd's, to curl too", { timeout: 60_000 }, async () => {
  const subject = peer("nodetcd");
  if (subject !== undefined) expect(await proveHttp(subject)).toContain("metrics as etcd has them");
});

test("malformed byte streams leave an honest client alone", { timeout: 120_000 }, async () => {
  const subject = peer("nodetcd");
  if (subject !== undefined) expect(await proveMalformed(subject, 300)).toContain("300 streams");
});
