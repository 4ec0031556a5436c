import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import type { Socket, SocketLimit } from "@nodetcd/runtime";
import { nodeNetwork } from "@nodetcd/runtime/node";

const directory = fs.mkdtempSync(join(tmpdir(), "listen-test-"));
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));

const echo = (socket: Socket): void => {
  socket.onData = (chunk) => void socket.write(chunk);
  socket.onEnd = () => socket.end();
};

async function ask(path: string): Promise<string> {
  const socket = net.connect({ path });
  socket.end("hello");
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

describe("connectUnix", () => {
  test("carries bytes both ways and tells the end and the close", async () => {
    const path = join(directory, "connect");
    const listener = await nodeNetwork.listenUnix({ path, onSocket: echo });
    const socket = await nodeNetwork.connectUnix({ path, timeoutMs: 1000 });
    expect(socket.remoteAddress).toBe("@");
    const events: string[] = [];
    await new Promise<void>((resolve) => {
      socket.onData = (chunk) => {
        events.push(Buffer.from(chunk).toString());
        socket.end();
      };
      socket.onEnd = () => events.push("end");
      socket.onClose = (error) => {
        events.push(`close ${error?.message ?? "clean"}`);
        resolve();
      };
      socket.write(Buffer.from("abc"));
    });
    expect(events).toEqual(["abc", "end", "close clean"]);
    await listener.close();
  });

  test("names the path where nobody is, and does not go to a shorter one", async () => {
    const path = join(directory, "nobody");
    await expect(nodeNetwork.connectUnix({ path, timeoutMs: 1000 })).rejects.toThrow(
      `Cannot connect to ${path}: connect ENOENT`,
    );
    const long = `/tmp/${"x".repeat(103)}`;
    await expect(nodeNetwork.connectUnix({ path: long, timeoutMs: 1000 })).rejects.toThrow(
      `Cannot connect to ${long}: its path has 108 bytes, the longest 107`,
    );
  });
});

describe("listenUnix", () => {
  test("makes a socket file under the umask, serves on it, and removes it at close", async () => {
    const path = join(directory, "plain");
    const umask = process.umask();
    let seen: Socket | undefined;
    const listener = await nodeNetwork.listenUnix({
      path,
      onSocket: (socket) => {
        seen = socket;
        echo(socket);
      },
    });
    expect(fs.statSync(path).isSocket()).toBe(true);
    expect(fs.statSync(path).mode & 0o777).toBe(0o777 & ~umask);
    expect(await ask(path)).toBe("hello");
    expect(seen?.remoteAddress).toBe("@");
    await listener.close();
    expect(fs.existsSync(path)).toBe(false);
  });

  test("takes the place of a process that was killed", async () => {
    const path = join(directory, "stale");
    const program = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`;
    const dead = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    await once(dead.stdout, "data");
    dead.kill("SIGKILL");
    await once(dead, "exit");
    expect(fs.existsSync(path)).toBe(true);
    const listener = await nodeNetwork.listenUnix({ path, onSocket: echo });
    expect(await ask(path)).toBe("hello");
    await listener.close();
  });

  test("leaves alone what a process answers at, other files, and paths that are too long", async () => {
    const path = join(directory, "live");
    const listener = await nodeNetwork.listenUnix({ path, onSocket: echo });
    const again = nodeNetwork.listenUnix({ path, onSocket: echo });
    await expect(again).rejects.toThrow(`Cannot listen on ${path}: another process listens there`);
    expect(await ask(path)).toBe("hello");
    await listener.close();

    const file = join(directory, "file");
    fs.writeFileSync(file, "mine");
    await expect(nodeNetwork.listenUnix({ path: file, onSocket: echo })).rejects.toThrow(
      "file of another kind",
    );
    expect(fs.readFileSync(file, "utf8")).toBe("mine");

    const long = join(directory, "x".repeat(120));
    await expect(nodeNetwork.listenUnix({ path: long, onSocket: echo })).rejects.toThrow("bytes");
    expect(fs.readdirSync(directory)).toEqual(["file"]);

    const missing = join(directory, "no", "such");
    await expect(nodeNetwork.listenUnix({ path: missing, onSocket: echo })).rejects.toThrow(
      `Cannot listen on ${missing}: there is no folder ${join(directory, "no")}`,
    );
  });
});

describe("SocketLimit", () => {
  test("closes what comes above it at once, and takes others when one has gone", async () => {
    let refused = 0;
    const limit: SocketLimit = { max: 2, open: 0, onRefused: () => refused++ };
    const handler = nodeNetwork.serveHttp1(() => ({ status: 200, headers: {}, body: "ok" }));
    const listener = await nodeNetwork.listen({
      host: "127.0.0.1",
      port: 0,
      limit,
      // Those that go to the HTTP server count, too.
      onSocket: (socket) => handler.take(socket, new Uint8Array(0)),
    });
    const path = join(directory, "shared");
    const other = await nodeNetwork.listenUnix({ path, limit, onSocket: echo });

    const kept = [net.connect(listener.port, "127.0.0.1"), net.connect({ path })];
    await Promise.all(kept.map((socket) => once(socket, "connect")));
    await expect.poll(() => limit.open).toBe(2);
    const late = net.connect(listener.port, "127.0.0.1");
    await once(late, "close");
    expect(refused).toBe(1);
    expect(limit.open).toBe(2);

    for (const socket of kept) {
      socket.destroy();
      await once(socket, "close");
    }
    await expect.poll(() => limit.open).toBe(0);
    expect(await ask(path)).toBe("hello");
    handler.close();
    await Promise.all([listener.close(), other.close()]);
  });
});

test("listeners of both kinds ask the system for 4,096 waiting connections, not for Node's 511", async () => {
  const listening = vi.spyOn(net.Server.prototype, "listen");
  const listeners = [
    await nodeNetwork.listen({ host: "127.0.0.1", port: 0, onSocket: echo }),
    await nodeNetwork.listenUnix({ path: join(directory, "backlog"), onSocket: echo }),
  ];
  expect(listening.mock.calls.map(([options]) => options)).toEqual([
    expect.objectContaining({ backlog: 4_096 }),
    expect.objectContaining({ backlog: 4_096 }),
  ]);
  listening.mockRestore();
  for (const listener of listeners) await listener.close();
});
