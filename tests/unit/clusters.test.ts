/** The checker of histories, on histories with one thing wrong. */
import { describe, expect, test } from "vitest";
import { PeerLinks } from "../clusters/peer-links.ts";
import { type Operation, Timeline } from "../clusters/timeline.ts";
import { freePort } from "../processes.ts";
import { connect, createServer } from "node:net";

const base = { by: "c", shown: [], changes: [], isSerializable: false, isLeased: false };

function put(start: number, end: number, revision: number, value: string): Operation {
  return { ...base, start, end, revision, changes: [{ key: "k", value }] };
}

function get(
  start: number,
  end: number,
  revision: number,
  value: string,
  at = revision,
): Operation {
  const pairs = [{ key: "k", value, modRevision: at }];
  return { ...base, start, end, revision, shown: [{ key: "k", end: "", pairs }] };
}

/** k = v2 at revision 2, v3 at 3 and so on. */
function timeline(to: number): Timeline {
  const made = new Timeline();
  for (let revision = 2; revision <= to; revision++) {
    made.add(revision, [{ key: "k", value: `v${revision}` }]);
  }
  return made;
}

describe("Timeline", () => {
  test("takes a linearizable history, with calls beside each other and without an answer", () => {
    const operations = [
      put(0, 10, 2, "v2"),
      put(1, 9, 3, "v3"),
      get(2, 11, 2, "v2"),
      put(12, Infinity, 0, "v4"),
      get(13, 14, 4, "v4"),
      put(20, Infinity, 0, "never"),
    ];
    expect(timeline(4).check(operations)).toEqual([]);
  });

  test("finds a planted stale read: it began after another revision had been told", () => {
    const writes = [put(0, 1, 2, "v2"), put(2, 3, 3, "v3")];
    expect(timeline(3).check([...writes, get(4, 5, 2, "v2")])).toEqual([
      "read of k by c, 4.0 to 5.0, revision 2: revision 3 was known before it began",
    ]);
    const serializable = { ...get(4, 5, 2, "v2"), isSerializable: true };
    expect(timeline(3).check([...writes, serializable])).toEqual([]);
  });

  test("finds a stale read also when what it misses was told in an earlier part", () => {
    const parts = timeline(3);
    expect(parts.check([put(0, 1, 2, "v2"), put(2, 3, 3, "v3")])).toEqual([]);
    expect(parts.check([get(4, 5, 2, "v2")])).toHaveLength(1);
  });

  test("finds a lost write, one that nobody asked for, and one given twice", () => {
    const [fault = ""] = timeline(2).check([put(0, 1, 2, "v2"), put(2, 3, 3, "v3")]);
    expect(fault).toContain("the history has nothing");
    expect(timeline(3).check([put(0, 1, 2, "v2")])).toEqual([
      "revision 3, k=v3: nobody asked for it",
    ]);
    const [twice = ""] = timeline(2).check([put(0, 1, 2, "v2"), put(0, 1, 2, "v2")]);
    expect(twice).toContain("has the revision of");
  });

  test("finds a read of what never was there at its revision", () => {
    const [fault = ""] = timeline(3).check([
      put(0, 1, 2, "v2"),
      put(0, 1, 3, "v3"),
      get(2, 3, 3, "v2", 2),
    ]);
    expect(fault).toContain("was told k=v2@2, not k=v3@3");
  });

  test("finds a write that took effect before it was asked for", () => {
    const late = put(5, Infinity, 0, "v2");
    expect(timeline(3).check([put(0, 1, 3, "v3"), late])).toEqual([
      "revision 2, k=v2: nobody asked for it",
    ]);
  });

  test("takes the end of a lease for that, so that a deletion without an answer may come later", () => {
    const parts = new Timeline();
    const gone = { key: "k", value: undefined };
    parts.add(2, [{ key: "k", value: "leased" }]);
    parts.add(3, [gone]);
    parts.add(4, [{ key: "k", value: "v4" }]);
    parts.add(5, [gone]);
    const deletion = { ...put(0, Infinity, 0, ""), changes: [gone] };
    const leased = { ...put(1, 2, 2, "leased"), isLeased: true };
    expect(parts.check([deletion, leased, put(3, 4, 4, "v4")])).toEqual([]);
  });

  test("finds a swap whose comparison did not hold", () => {
    const compared = { key: "k", modRevision: 2, holds: true };
    const swap = { ...put(4, 5, 4, "v4"), compared };
    const [fault = ""] = timeline(4).check([put(0, 1, 2, "v2"), put(2, 3, 3, "v3"), swap]);
    expect(fault).toContain("k was of 3");
  });
});

test("PeerLinks holds back what one side sends, and delivers it once the link is whole", async () => {
  const target = createServer((socket) => socket.on("data", (chunk) => socket.write(chunk)));
  const [port, targetPort] = [await freePort(), await freePort()];
  await new Promise<void>((resolve) => void target.listen(targetPort, "127.0.0.1", resolve));
  const links = new PeerLinks();
  links.names.set("a", "m1");
  await links.serve("m2", port, targetPort);
  const client = connect(port, "127.0.0.1");
  let heard = "";
  client.on("data", (chunk: Buffer) => (heard += chunk.toString()));
  client.write("GET / HTTP/1.1\r\nX-Server-From: a\r\n\r\n");
  await expect.poll(() => heard).toContain("X-Server-From");
  links.cut((from, to) => from === "m2" && to === "m1");
  client.write("held back");
  await new Promise((resolve) => void setTimeout(resolve, 50));
  expect(heard).not.toContain("held back");
  links.heal();
  await expect.poll(() => heard).toContain("held back");
  client.destroy();
  links.close();
  target.close();
});
