import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface LockedPackage {
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};

test("the lock file has the binaries of every platform, without which `npm ci` refuses it", () => {
  const missing = Object.entries(lock.packages).flatMap(([name, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {}).filter(
      (binary) =>
        lock.packages[`node_modules/${binary}`] === undefined &&
        lock.packages[`${name}/node_modules/${binary}`] === undefined,
    ),
  );
  expect(missing).toEqual([]);
});

test("the lock file names no registry", () => {
  const resolved = Object.values(lock.packages).map((locked) => locked.resolved ?? "");
  expect(resolved.filter((source) => source.includes("://"))).toEqual([]);
});
