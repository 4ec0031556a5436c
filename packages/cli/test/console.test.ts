import { join } from "node:path";
import { expect, test } from "vitest";
import {
  builtProgram,
  memberArgs,
  type Running,
  start,
  temporaryDirectory,
} from "./support/program.ts";

/** Where the console of this program is, once it says so. */
async function pagesOf(running: Running): Promise<string> {
  const find = (): string | undefined =>
    /http:\/\/127\.0\.0\.1:\d+\/(?=["\n])/.exec(running.output.err)?.[0];
  await expect.poll(find, { timeout: 120_000, interval: 50 }).toBeDefined();
  return find()!;
}

/** What the console answers to somebody who has just loaded the page. */
async function ask(url: string, path: string): Promise<ReturnType<typeof JSON.parse>> {
  const session = await fetch(`${url}api/session`);
  const cookie = session.headers.get("set-cookie")!.split(";")[0]!;
  if (path === "session") return await session.json();
  return await (await fetch(`${url}api/${path}`, { headers: { cookie } })).json();
}

test("nodetcd server --console serves the pages of its member, which may write at once", async () => {
  const data = join(temporaryDirectory(), "data");
  const args = [...(await memberArgs("harbor", data)), "--console=127.0.0.1:0"];
  const running = start(args, { program: builtProgram(), environment: { HOME: data } });
  const url = await pagesOf(running);
  expect(await (await fetch(url)).text()).toContain("<html");
  expect(await ask(url, "session")).toMatchObject({ cluster: "harbor", writes: "open" });
  const { members } = await ask(url, "cluster");
  expect(members).toHaveLength(1);
  expect(members[0]).toMatchObject({ name: "harbor", role: "leader" });
  running.child.kill("SIGTERM");
  expect(await running.exit).toBe(0);
});

test("nodetcd server --console: a taken address is an error that names it, and the member stops", async () => {
  const data = join(temporaryDirectory(), "data");
  const args = await memberArgs("harbor", data);
  const taken = args[args.indexOf("--listen-peer-urls") + 1]!.replace("http://", "");
  const running = start([...args, `--console=${taken}`], { program: builtProgram() });
  expect(await running.exit).toBe(1);
  expect(running.output.err).toContain("failed to start the console");
  expect(running.output.err).toContain(taken);
});

test("nodetcd jobs --console serves the pages of its Jobs and of the keys they are kept in", async () => {
  const data = join(temporaryDirectory(), "data");
  const args = ["jobs", "--data-dir", data, "--listen", "127.0.0.1:0", "--console=127.0.0.1:0"];
  const running = start(args, { program: builtProgram(), environment: { HOME: data } });
  await expect.poll(() => running.output.err, { timeout: 60_000 }).toContain("the console at");
  const url = /the console at (\S+)/.exec(running.output.err)![1]!;
  expect(await ask(url, "session")).toMatchObject({ cluster: "jobs", jobs: true });
  expect((await ask(url, "cluster")).members[0]).toMatchObject({ name: "jobs", role: "leader" });
  expect(await ask(url, "jobs")).toMatchObject({ cronJobs: [] });
  running.child.kill("SIGTERM");
  expect(await running.exit).toBe(0);
});

test("nodetcd jobs: --console does not go with tokens, which it could not ask for", async () => {
  const running = start(["jobs", "--console", "--token-auth-file", "tokens.csv"]);
  expect(await running.exit).toBe(2);
  expect(running.output.err).toContain("nodetcd console --kubernetes URL");
});
