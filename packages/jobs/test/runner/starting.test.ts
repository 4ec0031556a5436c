import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Pod } from "../../src/objects/pod.ts";
import { Attempt } from "../../src/runner/process/attempt.ts";
import { PodRun } from "../../src/runner/process/run-pod.ts";

const folder = mkdtempSync(join(tmpdir(), "nodetcd-starting-"));
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const POD: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "pod", namespace: "default", uid: "uid" },
  spec: {
    restartPolicy: "Never",
    nodeName: "here",
    terminationGracePeriodSeconds: 30,
    containers: [{ name: "main", command: ["true"] }],
  },
};

describe("PodRun.look", () => {
  it("sees a container that has begun, or looks again, whenever in a look it begins", async () => {
    vi.spyOn(Attempt.prototype, "start").mockReturnValue();
    for (let looksBefore = 0; looksBefore < 12; looksBefore++) {
      let left = looksBefore;
      vi.spyOn(Attempt.prototype, "state").mockImplementation(() =>
        left-- > 0 ? { kind: "prepared" } : { kind: "running", startedAt: 1 },
      );
      const run = new PodRun(POD, {
        folder: join(folder, String(looksBefore)),
        sources: { configMap: async () => undefined, secret: async () => undefined },
        restartMs: undefined,
        groups: undefined,
        runtimeName: "process",
        onChange: () => undefined,
      });
      const { views, plan } = await run.look(POD, 1_000, true);
      const isSeen = views[0]?.running !== undefined;
      expect(isSeen || plan.againAt !== undefined, `it begins after look ${looksBefore}`).toBe(
        true,
      );
    }
  });
});
