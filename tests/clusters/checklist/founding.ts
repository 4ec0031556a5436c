/** Lines on bootstrap and join. */
import { rmSync } from "node:fs";
import { METHODS } from "@nodetcd/messages";
import type { Peer } from "../../peers.ts";
import { freePort, httpGet, run, temporaryDirectory } from "../../processes.ts";
import type { Check } from "./checks.ts";
import type { Stage } from "./stage.ts";

/** Starts a member that will not do, and says how it ended and why. */
async function refusal(program: Peer, flags: readonly string[]): Promise<string> {
  const dataDirectory = temporaryDirectory("nodetcd-refused");
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const own = [
    `--data-dir=${dataDirectory}`,
    `--listen-client-urls=${address}`,
    `--advertise-client-urls=${address}`,
  ];
  try {
    const { status, stderr } = await run(program.path, [...own, ...flags], { timeoutMs: 60_000 });
    const texts = [
      ...stderr.matchAll(
        /couldn't find local name|missing from --initial-advertise-peer-urls|has duplicate url|URL scheme must be http, https, unix, or unixs|could not retrieve cluster information|has already been bootstrapped|member count is unequal|multiple discovery or bootstrap flags are set|both --discovery-token and --discovery-endpoints must be set|no such host|discovery: [a-z ]+/g,
      ),
    ].map(([text]) => text);
    return `${status} ${[...new Set(texts)].toSorted().join(" + ") || stderr.slice(-300)}`;
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true });
  }
}

async function refusals({ seats }: Stage, program: Peer): Promise<string[]> {
  const free = `http://127.0.0.1:${await freePort()}`;
  const other = `http://127.0.0.1:${await freePort()}`;
  const own = ["--name=a", `--listen-peer-urls=${free}`, `--initial-advertise-peer-urls=${free}`];
  const [first] = seats;
  const joining = "--initial-cluster-state=existing";
  const rows: readonly (readonly string[])[] = [
    [...own, `--initial-cluster=b=${free}`],
    [...own, `--initial-cluster=a=${other}`],
    [...own, `--initial-cluster=a=${free},b=${free}`],
    [...own, `--initial-cluster=a=${free},b=${other}`, joining],
    [...own, `--initial-cluster=a=${free},b=${first!.peerUrl}`, joining],
    [
      ...own,
      `--initial-cluster=a=${free}`,
      "--discovery-token=t",
      `--discovery-endpoints=${other}`,
    ],
    [...own, "--discovery-token=t"],
    [...own, `--discovery-token=t`, `--discovery-endpoints=${first!.url}`],
  ];
  const told: string[] = [];
  for (const flags of rows) told.push(await refusal(program, flags));
  return told;
}

export const FOUNDING: readonly Check[] = [
  {
    lines: [16],
    what: "the log of a new cluster, and who is in it",
    async look(stage) {
      const told = await Promise.all(
        stage.seats.map((seat) =>
          stage.ask(
            seat,
            METHODS.Maintenance.Status,
            {},
            undefined,
            ({ raftTerm, raftIndex, version }) =>
              // Each linearizable question before may have left no entry: eight are those of the founding.
              `${raftTerm > 1 ? "term" : "no term"} ${raftIndex} ${version}`,
          ),
        ),
      );
      return [...told, await stage.members(stage.seats[0]!)];
    },
  },
  {
    lines: [17],
    what: "an empty directory under a founder's name",
    async look(stage, program) {
      const [first] = stage.seats;
      const cluster = stage.seats.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",");
      const listen = `http://127.0.0.1:${await freePort()}`;
      return [
        await refusal(program, [
          `--name=${first!.name}`,
          `--listen-peer-urls=${listen}`,
          `--initial-advertise-peer-urls=${first!.peerUrl}`,
          `--initial-cluster=${cluster}`,
        ]),
      ];
    },
  },
  { lines: [21, 23], what: "starts that are refused", look: refusals },
  {
    lines: [11],
    what: "what the peer port answers to those who are no members",
    async look(stage) {
      const told: string[] = [];
      for (const { peerUrl } of stage.seats) {
        const port = Number(new URL(peerUrl).port);
        for (const path of [
          "/",
          "/health",
          "/raft/foo",
          "/raft",
          "/raft/stream/message/1",
          "/members/hashkv",
          "/version",
          "/downgrade/enabled",
          "/members/promote/1",
          "/leases",
        ]) {
          const { status, contentType, body } = await httpGet(port, path);
          told.push(stage.plain(`${path} ${status} ${contentType} ${body}`));
        }
      }
      return told;
    },
  },
  {
    lines: [19],
    what: "a restart under another name, with nobody's help",
    async look(stage) {
      const seat = await stage.follower();
      await seat.process!.stop();
      seat.rename("renamed");
      stage.cluster.restart(seat);
      await stage.cluster.ready();
      const list = await stage.members(await stage.leader());
      return [list.replaceAll(/m\d/g, "<member>")];
    },
  },
];
