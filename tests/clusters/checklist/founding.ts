/** Lines on bootstrap and join. */
import { rmSync } from "node:fs";
import { foundCluster } from "@nodetcd/membership";
import { METHODS } from "@nodetcd/messages";
import type { Peer } from "../../peers.ts";
import { freePort, httpGet, run, temporaryDirectory } from "../../processes.ts";
import type { Check } from "./checks.ts";
import { StandIn } from "./stand-in.ts";
import type { Stage } from "./stage.ts";

/** Starts a member that will not do, and says how it ended and why. */
export async function refusal(program: Peer, flags: readonly string[]): Promise<string> {
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
        /couldn't find local name|missing from --initial-advertise-peer-urls|has duplicate url|URL scheme must be http, https, unix, or unixs|could not retrieve cluster information|has already been bootstrapped|member count is unequal|multiple discovery or bootstrap flags are set|incompatible with current running cluster|address already in use|invalid value "\w+" for flag|should be at least as 5 times as|expected IP in URL for binding|both --discovery-token and --discovery-endpoints must be set|no such host|discovery: [a-z ]+/g,
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
    [...own, `--initial-cluster=a=${free}`, "--initial-cluster-state=foo"],
    [...own, `--initial-cluster=a=${free}`, "--heartbeat-interval=300"],
    ["--name=a", "--listen-peer-urls=http://localhost:1", `--initial-cluster=a=${free}`],
    ["--name=a", `--listen-peer-urls=${first!.listenUrl}`, `--initial-cluster=a=${free}`],
    [...own, `--discovery-token=t`, `--discovery-endpoints=${first!.url}`],
  ];
  const told: string[] = [];
  for (const flags of rows) told.push(await refusal(program, flags));
  return told;
}

/** How the start of a member ends that was announced to the cluster. */
export async function joinRefused(stage: Stage, program: Peer): Promise<string> {
  const stranger = await StandIn.announce(stage);
  try {
    const cluster = stage.seats.map(({ name, peerUrl }) => `${name}=${peerUrl}`);
    return await refusal(program, [
      "--name=joiner",
      `--listen-peer-urls=http://127.0.0.1:${await freePort()}`,
      `--initial-advertise-peer-urls=${stranger.url}`,
      `--initial-cluster=${[...cluster, `joiner=${stranger.url}`].join(",")}`,
      "--initial-cluster-state=existing",
    ]);
  } finally {
    await stranger.leave();
  }
}

/** Ids of the cluster and of its members follow from names and URLs. */
async function areIdsDue(stage: Stage): Promise<boolean> {
  const named = new Map(stage.seats.map(({ name, peerUrl }) => [name, [peerUrl]]));
  const { clusterId, members: due } = await foundCluster(named, "etcd-cluster");
  const { header, members } = await stage.call(stage.seats[0]!, METHODS.Cluster.MemberList, {});
  const ids = (list: readonly { id: bigint }[]): string =>
    list
      .map(({ id }) => id.toString(16))
      .toSorted()
      .join();
  return header!.clusterId === clusterId && ids(members) === ids(due);
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
      const ids = (await areIdsDue(stage)) ? "ids follow from names and URLs" : "other ids";
      return [...told, ids, await stage.members(stage.seats[0]!)];
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
