import type { Socket } from "@nodetcd/runtime";
import { describe, expect, test } from "vitest";
import { HostClock, VirtualClock, VirtualNetwork } from "../src/simulator.ts";

const DELAY_MS = 10;

/** Two hosts, `b` with a listener that answers in capitals, and a connection from `a`. */
async function connected() {
  const clock = new VirtualClock();
  const network = new VirtualNetwork({ clock, delayMs: () => DELAY_MS });
  const [clockA, clockB] = [new HostClock(clock), new HostClock(clock)];
  const [a, b] = [network.join("a", clockA), network.join("b", clockB)];
  const accepted: Socket[] = [];
  await b.listen({
    host: "b",
    port: 1,
    onSocket: (socket) => {
      accepted.push(socket);
      socket.onData = (chunk) =>
        void socket.write(Buffer.from(Buffer.from(chunk).toString().toUpperCase()));
    },
  });
  const connecting = a.connect({ host: "b", port: 1, timeoutMs: 1_000 });
  await clock.advanceAsync(2 * DELAY_MS + 1);
  const socket = await connecting;
  const heard: string[] = [];
  socket.onData = (chunk) => void heard.push(Buffer.from(chunk).toString());
  socket.onClose = (error) => void heard.push(`closed: ${error?.message}`);
  return { clock, network, clockB, a, socket, heard, accepted };
}

describe("VirtualNetwork", () => {
  test("carries bytes there and back, each way taking its time", async () => {
    const { clock, socket, heard } = await connected();
    socket.write(Buffer.from("one"));
    socket.write(Buffer.from("two"));
    clock.advance(2 * DELAY_MS - 1);
    expect(heard).toEqual([]);
    clock.advance(1);
    expect(heard).toEqual(["ONE", "TWO"]);
  });

  test("cut() holds back one direction; heal() delivers what was sent, in order", async () => {
    const { clock, network, socket, heard } = await connected();
    network.cut((from) => from === "b");
    socket.write(Buffer.from("one"));
    clock.advance(1_000);
    expect(heard).toEqual([]);
    network.heal();
    socket.write(Buffer.from("two"));
    clock.advance(1_000);
    expect(heard).toEqual(["ONE", "TWO"]);
  });

  test("connect() gives up where nothing answers, and is refused where nobody listens", async () => {
    const { clock, network, a } = await connected();
    const results: string[] = [];
    const attempt = (port: number): void => {
      a.connect({ host: "b", port, timeoutMs: 500 }).then(
        () => results.push("connected"),
        (error: unknown) => results.push(String(error)),
      );
    };
    attempt(2);
    await clock.advanceAsync(2 * DELAY_MS + 1);
    network.cut(() => true);
    attempt(1);
    await clock.advanceAsync(600);
    expect(results).toEqual([
      "Error: dial tcp b:2: connect: connection refused",
      "Error: dial tcp b:1: i/o timeout",
    ]);
  });

  test("leave() breaks the connections of a process that died, and of a machine that lost power silently", async () => {
    for (const isSilent of [false, true]) {
      const { clock, network, heard } = await connected();
      network.leave("b", isSilent);
      clock.advance(1_000);
      expect(heard).toEqual(isSilent ? [] : ["closed: read: connection reset by peer"]);
    }
  });

  test("end() closes a connection once both sides have said it", async () => {
    const { clock, socket, heard, accepted } = await connected();
    const [far] = accepted;
    far!.onEnd = () => far!.end();
    socket.end();
    clock.advance(100);
    expect(heard).toEqual(["closed: undefined"]);
  });
});

describe("HostClock", () => {
  test("a process that stands still gets what came due when it goes on; a dead one gets nothing", async () => {
    const { clock, clockB, socket, heard } = await connected();
    clockB.pause();
    socket.write(Buffer.from("one"));
    clock.advance(1_000);
    expect(heard).toEqual([]);
    clockB.resume();
    clock.advance(DELAY_MS);
    expect(heard).toEqual(["ONE"]);
    clockB.die();
    socket.write(Buffer.from("two"));
    clock.advance(1_000);
    expect(heard).toEqual(["ONE"]);
  });
});
