import { describe, expect, test } from "vitest";
import { pathsOf, readFieldsV1, writeFieldsV1 } from "../../src/apply/field-set.ts";
import { applyFields, type Change, trackUpdate } from "../../src/apply/server-side-apply.ts";
import type { KubeObject } from "../../src/jobs.ts";
import { typeOf } from "../../src/schema/types.ts";

const TYPE = typeOf("", "Pod")!;

type Loose = KubeObject & Record<string, unknown>;

function change(name: string, operation: "Apply" | "Update" = "Apply"): Change {
  const manager = { name, operation, apiVersion: "v1", subresource: "" };
  return { type: TYPE, manager, time: "2026-11-30T10:00:00Z", untouched: ["status"] };
}

function pod(spec: object, metadata: object = {}): Loose {
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "p", ...metadata }, spec } as Loose;
}

function applied(live: KubeObject, content: object, by: string, force = false): Loose {
  return applyFields(live, content as Record<string, unknown>, change(by), force) as Loose;
}

const main = { name: "main", image: "one" };

function owned(object: KubeObject, manager: string): string[] {
  const entry = object.metadata.managedFields?.find((each) => each.manager === manager);
  return pathsOf(readFieldsV1(entry?.fieldsV1));
}

describe("applyFields", () => {
  test("takes away what was applied before and is said no more", () => {
    const first = applied(
      pod({}),
      { spec: { hostname: "h", containers: [main, { name: "side", image: "x" }] } },
      "a",
    );
    const second = applied(first, { spec: { containers: [main] } }, "a");
    expect(second["spec"]).toEqual({ containers: [main] });
  });

  test("leaves what somebody else owns too, and parts of an item that others own", () => {
    const first = applied(pod({}), { spec: { hostname: "h", containers: [main] } }, "a");
    const second = applied(
      first,
      { spec: { hostname: "h", containers: [{ name: "main", workingDir: "/x" }] } },
      "b",
    );
    const third = applied(second, { spec: {} }, "a");
    expect(third["spec"]).toEqual({
      hostname: "h",
      containers: [{ name: "main", workingDir: "/x" }],
    });
  });

  test("refuses to change what another owns, names all of it, and takes it when forced", () => {
    const first = applied(pod({}), { spec: { hostname: "h", containers: [main] } }, "a");
    const wanted = { spec: { hostname: "i", containers: [{ name: "main", image: "two" }] } };
    expect(() => applied(first, wanted, "b")).toThrow(
      `Apply failed with 2 conflicts: conflicts with "a":\n- .spec.containers[name="main"].image\n- .spec.hostname`,
    );
    const forced = applied(first, wanted, "b", true);
    expect(forced["spec"]).toEqual(wanted.spec);
    expect(owned(forced, "a")).not.toContain(".spec.hostname");
    expect(owned(forced, "b")).toContain(".spec.hostname");
  });

  test("agreeing on a value is shared ownership", () => {
    const first = applied(pod({}), { spec: { hostname: "h" } }, "a");
    const second = applied(first, { spec: { hostname: "h" } }, "b");
    expect(owned(second, "a")).toEqual(owned(second, "b"));
  });

  test("merges sets member by member", () => {
    const first = applied(pod({}), { metadata: { finalizers: ["x/a"] } }, "a");
    const second = applied(first, { metadata: { finalizers: ["x/b"] } }, "b");
    expect(second.metadata.finalizers).toEqual(["x/a", "x/b"]);
    expect(applied(second, {}, "a").metadata.finalizers).toEqual(["x/b"]);
  });

  test("applying the same again changes nothing at all", () => {
    const content = { metadata: { labels: { a: "1" } }, spec: { containers: [main] } };
    const first = applied(pod({}), content, "a");
    expect(applied(first, content, "a")).toEqual(first);
  });
});

describe("trackUpdate", () => {
  test("gives changed fields to who changed them, and removed ones to nobody", () => {
    const live = applied(pod({}), { spec: { hostname: "h", containers: [main] } }, "a");
    const next = structuredClone(live);
    next["spec"] = { hostname: "i", containers: [] };
    trackUpdate(live, next, change("editor", "Update"));
    expect(owned(next, "editor")).toContain(".spec.hostname");
    expect(owned(next, "a")).toEqual([]);
  });

  test("believes a client that hands fields over by itself", () => {
    const live = applied(pod({}), { spec: { hostname: "h" } }, "a");
    const next = structuredClone(live);
    next.metadata.managedFields![0]!.manager = "b";
    trackUpdate(live, next, change("editor", "Update"));
    expect(next.metadata.managedFields?.map(({ manager }) => manager)).toEqual(["b"]);
  });
});

test("fieldsV1 is read and written the same", () => {
  const fields = {
    "f:metadata": { "f:finalizers": { ".": {}, 'v:"x/a"': {} } },
    "f:spec": { "f:containers": { 'k:{"name":"main"}': { ".": {}, "f:image": {} } } },
  };
  expect(writeFieldsV1(readFieldsV1(fields))).toEqual(fields);
});
