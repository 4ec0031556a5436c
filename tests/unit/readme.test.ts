import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Runs the first TypeScript block of a README, and gives what it prints. */
function runExample(readme: string, folder: string): string {
  const block = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, readme), "utf8"))?.[1];
  expect(block, `${readme} has no example`).toBeDefined();
  const place = join(root, folder, ".example");
  mkdirSync(place, { recursive: true });
  try {
    const file = join(place, "example.ts");
    writeFileSync(file, block!);
    return execFileSync(
      process.execPath,
      ["--conditions=@nodetcd/source", "--import", "tsx", file],
      { encoding: "utf8", cwd: place, env: { ...process.env, TMPDIR: place } },
    );
  } finally {
    rmSync(place, { recursive: true, force: true, maxRetries: 3 });
  }
}

test("README.md: the example does what its comments say", () => {
  expect(runExample("README.md", "packages/nodetcd")).toBe("hello\n");
});

test("README.md: its two commands exist", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(["start", "test"]));
});

/** What the example of a package prints. */
const PRINTED: Readonly<Record<string, string | RegExp>> = {
  bolt: "pears\n",
  bytes: "10 jobs/1\n",
  grpc: "",
  messages: "7n 0 false\n",
  runtime: "",
  server: /^\[ 'http:\/\/127\.0\.0\.1:\d+' \]\n2\n$/,
  simulator: "a second later\n",
};

test.each(Object.entries(PRINTED))(
  "packages/%s/README.md: the example does what its comments say",
  (name, printed) => {
    const got = runExample(`packages/${name}/README.md`, `packages/${name}`);
    if (typeof printed === "string") expect(got).toBe(printed);
    else expect(got).toMatch(printed);
  },
);
