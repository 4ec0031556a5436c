/** Lines on a member that is so far behind that it needs the database. */
import { METHODS, RaftMessage } from "@nodetcd/messages";
import { httpGet } from "../../processes.ts";
import { patiently, sleep } from "../patience.ts";
import type { Seat } from "../process-cluster.ts";
import type { Check } from "./checks.ts";
import { StandIn } from "./stand-in.ts";
import type { Stage } from "./stage.ts";
import { heads } from "./wire.ts";

const { KV, Maintenance } = METHODS;
const PAGE_BYTES = 4096;
/** More than `SNAPSHOT_FLAGS` let the others keep. */
const ENTRIES = 300;
export const SNAPSHOT_FLAGS: readonly string[] = [
  "--snapshot-count=100",
  "--snapshot-catchup-entries=10",
];

async function write(stage: Stage, through: Seat, count: number): Promise<void> {
  const value = Buffer.alloc(200, 120);
  for (let i = 0; i < count; i++) {
    await stage.call(through, KV.Put, { key: Buffer.from(`k${i % 50}`), value });
  }
}

/** What a snapshot's body holds: the message, then the database. */
function describe(body: Buffer, applied: number): string[] {
  const size = Number(body.readBigUInt64BE(0));
  const message = RaftMessage.decode(body.subarray(8, 8 + size));
  const { data, metadata } = message.snapshot!;
  const json = JSON.parse(Buffer.from(data).toString()) as {
    Root: {
      Path: string;
      Children: Record<string, { Children: Record<string, { Children: object }> }>;
    };
  };
  const members = Object.values(json.Root.Children["0"]!.Children["members"]!.Children);
  const attributes = JSON.stringify(members).match(/\\"name\\":\\"m\d\\"/g) ?? [];
  const rest = body.length - 8 - size;
  return [
    `message ${message.type} of term ${message.term > 0}, ${metadata!.confState!.voters.length} voters`,
    `index: ${metadata!.index <= applied && applied - metadata!.index < 100 ? "what is applied" : `${metadata!.index} of ${applied}`}`,
    `a tree at ${json.Root.Path} with ${members.length} members, ${attributes.length} names`,
    rest > 0 && rest % PAGE_BYTES === 0
      ? "then pages and nothing behind them"
      : `then ${rest} bytes`,
  ];
}

/** What operators look for; the steps between are as a program is built. */
const SENT = ["sending merged snapshot", "sending database snapshot", "sent database snapshot"];
const RECEIVED = [
  "receiving database snapshot",
  "saved database snapshot to disk",
  "received and saved database snapshot",
  "starts to restore snapshot [index:",
  "applying snapshot",
  "applied snapshot",
];

/** From the member that leads to one that was away. */
async function sendOne(stage: Stage): Promise<string[]> {
  const [leader, seat] = [await stage.leader(), await stage.follower()];
  await seat.process!.stop();
  await write(stage, leader, ENTRIES);
  const began = performance.now();
  stage.cluster.restart(seat);
  await stage.cluster.ready();
  const [received, sent] = [await stage.logged(seat, RECEIVED), await stage.logged(leader, SENT)];
  const { raftAppliedIndex } = await stage.call(leader, Maintenance.Status, {});
  const [request] = stage.recording.posted("/raft/snapshot", began);
  const { header } = await stage.call(leader, KV.Range, { key: Buffer.from("k1") });
  const revision = header!.revision;
  const hashes = await Promise.all(
    stage.seats.map((each) =>
      patiently(async () => (await stage.call(each, Maintenance.HashKV, { revision })).hash),
    ),
  );
  return [
    received,
    sent,
    ...(request === undefined
      ? ["no snapshot was sent"]
      : describe(request.body, raftAppliedIndex)),
    new Set(hashes).size === 1 ? "equal hashes" : "hashes differ",
  ];
}

/** Counts of snapshots to a member, as its sender has them. */
async function counts({ clientPort }: Seat, to: string): Promise<string> {
  const { body } = await httpGet(clientPort, "/metrics");
  return ["success", "failures"]
    .map((what) => {
      const line = new RegExp(
        `^etcd_network_snapshot_send_${what}\\{To="${to}"\\} (\\d+)`,
        "m",
      ).exec(body);
      return `${what} ${line?.[1] ?? "none"}`;
    })
    .join(", ");
}

/** To one that refuses the first, holds the second for a while, and then takes it. */
async function refused(stage: Stage): Promise<string[]> {
  const leader = await stage.leader();
  await write(stage, leader, ENTRIES);
  const stranger = await StandIn.announce(stage);
  let snapshotIndex = NaN;
  let [asked, release] = [0, (): void => undefined];
  const held = new Promise<void>((resolve) => (release = resolve));
  stranger.answer = async ({ method, path, body }) => {
    if (path !== "/raft/snapshot") return method === "POST" ? 204 : 404;
    asked++;
    if (asked === 1) return 500;
    const message = RaftMessage.decode(body.subarray(8, 8 + Number(body.readBigUInt64BE(0))));
    snapshotIndex = message.snapshot!.metadata!.index;
    await held;
    return 204;
  };
  try {
    const until = (count: number): Promise<void> =>
      patiently(async () => {
        if (asked >= count) return;
        await stranger.answerAppend(leader);
        await stranger.answerHeartbeat(leader);
        throw new Error(`${asked} snapshots came`);
      });
    await until(1);
    await sleep(500);
    const failed = `once refused: ${await counts(leader, stranger.hex)}`;
    await until(2);
    await write(stage, leader, ENTRIES);
    const before = stranger.posted().length;
    release();
    // Raft counts from its own last snapshot, which may be a little older than the one that was sent.
    await patiently(async () => {
      await stranger.answerHeartbeat(leader);
      const next = stranger.posted().slice(before);
      const goesOn = next.some(
        ({ index, entries }) => index <= snapshotIndex && index + entries.length > snapshotIndex,
      );
      if (!goesOn) throw new Error(`nothing came behind ${snapshotIndex}; ${asked} snapshots`);
    });
    const lines = await stage.logged(leader, [
      "failed to send database snapshot",
      "sent database snapshot",
    ]);
    return [
      failed,
      `goes on behind snapshot ${asked}: the log was kept`,
      `then taken: ${await counts(leader, stranger.hex)}`,
      lines,
    ];
  } finally {
    release();
    await stranger.leave();
  }
}

export const SNAPSHOTS: readonly Check[] = [
  { lines: [33], what: "a database on its way to a member that was away", look: sendOne },
  {
    lines: [33],
    what: "the same from another leader",
    async look(stage) {
      const [leader, seat] = [await stage.leader(), await stage.follower()];
      // Where there are members of both kinds, from one of the other.
      const next = stage.seats.find(({ program }) => program !== leader.program) ?? seat;
      await patiently(async () => {
        await stage.ask(await stage.leader(), Maintenance.MoveLeader, { targetId: next.id });
        if ((await stage.leader()) !== next) throw new Error("the leader has not moved");
      });
      return sendOne(stage);
    },
  },
  { lines: [35, 36], what: "a snapshot that is refused, and one that takes long", look: refused },
  {
    lines: [1],
    what: "the request that brings a snapshot",
    look: (stage) => Promise.resolve(heads(stage, stage.recording.posted("/raft/snapshot"))),
  },
  {
    lines: [52],
    what: "metrics of snapshots",
    async look(stage) {
      const pages = await Promise.all(
        stage.seats.map(({ clientPort }) => httpGet(clientPort, "/metrics")),
      );
      const names = pages.flatMap(({ body }) =>
        stage
          .plain(body)
          .split("\n")
          .filter(
            (line) => /^etcd_(network|server)_snapshot/.test(line) && !line.includes("_bucket"),
          )
          .map((line) =>
            line.replace(/ [^ ]+$/, "").replace(/"(<m\d>|[0-9a-f]{10,16})"/g, '"<id>"'),
          ),
      );
      return [...new Set(names)].toSorted();
    },
  },
];
