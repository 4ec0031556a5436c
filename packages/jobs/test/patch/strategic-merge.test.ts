import { describe, expect, test } from "vitest";
import { strategicMerge } from "../../src/patch/strategic-merge.ts";
import { typeOf } from "../../src/schema/types.ts";

const POD = typeOf("", "Pod")!;

function merged(target: object, patch: object): unknown {
  return strategicMerge(
    structuredClone(target) as Record<string, unknown>,
    patch as Record<string, unknown>,
    POD,
  );
}

const pod = {
  metadata: { name: "p", labels: { a: "1", b: "2" }, finalizers: ["x/one", "x/two"] },
  spec: {
    containers: [
      { name: "main", image: "one", env: [{ name: "A", value: "1" }], args: ["x", "y"] },
      { name: "side", image: "two" },
    ],
    volumes: [{ name: "data", emptyDir: {} }],
    nodeSelector: { disk: "ssd" },
    tolerations: [{ key: "a" }],
  },
};

describe("strategicMerge", () => {
  test("merges lists with a key by it, deep", () => {
    const patch = {
      spec: {
        containers: [
          {
            name: "main",
            env: [
              { name: "B", value: "2" },
              { name: "A", value: "3" },
            ],
          },
          { name: "new", image: "three" },
        ],
      },
    };
    expect(merged(pod, patch)).toMatchObject({
      spec: {
        containers: [
          {
            name: "main",
            image: "one",
            env: [
              { name: "A", value: "3" },
              { name: "B", value: "2" },
            ],
          },
          { name: "side" },
          { name: "new", image: "three" },
        ],
      },
    });
  });

  test("replaces lists without a key", () => {
    const patch = { spec: { containers: [{ name: "main", args: ["z"] }], tolerations: [] } };
    const result = merged(pod, patch) as typeof pod;
    expect(result.spec.containers[0]?.args).toEqual(["z"]);
    expect(result.spec.tolerations).toEqual([]);
  });

  test("takes fields and items away", () => {
    const patch = {
      metadata: { labels: { a: null } },
      spec: { nodeSelector: null, containers: [{ name: "side", $patch: "delete" }] },
    };
    const result = merged(pod, patch) as typeof pod;
    expect(result.metadata.labels).toEqual({ b: "2" });
    expect(result.spec).not.toHaveProperty("nodeSelector");
    expect(result.spec.containers.map(({ name }) => name)).toEqual(["main"]);
  });

  test("adds to and deletes from lists of plain values", () => {
    const patch = {
      metadata: { "$deleteFromPrimitiveList/finalizers": ["x/one"], finalizers: ["x/three"] },
    };
    expect((merged(pod, patch) as typeof pod).metadata.finalizers).toEqual(["x/two", "x/three"]);
  });

  test("orders items as $setElementOrder says", () => {
    const patch = {
      spec: {
        "$setElementOrder/containers": [{ name: "new" }, { name: "side" }, { name: "main" }],
        containers: [{ name: "new", image: "three" }],
      },
    };
    const result = merged(pod, patch) as typeof pod;
    expect(result.spec.containers.map(({ name }) => name)).toEqual(["new", "side", "main"]);
    expect(result.spec).not.toHaveProperty(["$setElementOrder/containers"]);
  });

  test("keeps only the keys that $retainKeys names", () => {
    const patch = {
      spec: {
        volumes: [{ name: "data", $retainKeys: ["name", "hostPath"], hostPath: { path: "/x" } }],
      },
    };
    expect((merged(pod, patch) as typeof pod).spec.volumes).toEqual([
      { name: "data", hostPath: { path: "/x" } },
    ]);
  });

  test("replaces what $patch: replace says", () => {
    const patch = {
      metadata: { labels: { $patch: "replace", c: "3" } },
      spec: { containers: [{ name: "only", image: "x" }, { $patch: "replace" }] },
    };
    const result = merged(pod, patch) as typeof pod;
    expect(result.metadata.labels).toEqual({ c: "3" });
    expect(result.spec.containers).toEqual([{ name: "only", image: "x" }]);
  });

  test("refuses items without their key", () => {
    expect(() => merged(pod, { spec: { containers: [{ image: "x" }] } })).toThrow(
      "does not contain declared merge key: name",
    );
  });
});
