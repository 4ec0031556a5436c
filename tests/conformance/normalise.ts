/** What may differ between two servers that behave alike, each with its reason. */
import {
  AuthStatusResponse,
  AuthRoleAddResponse,
  AuthRoleDeleteResponse,
  AuthRoleGetResponse,
  AuthRoleGrantPermissionResponse,
  AuthRoleListResponse,
  AuthRoleRevokePermissionResponse,
  AuthUserAddResponse,
  AuthUserDeleteResponse,
  AuthUserGetResponse,
  AuthUserGrantRoleResponse,
  AuthUserListResponse,
  AuthUserRevokeRoleResponse,
  MoveLeaderResponse,
  AlarmResponse,
  CompactionResponse,
  DeleteRangeResponse,
  LeaseRevokeResponse,
  MemberListResponse,
  type MessageCodec,
  PutResponse,
  RangeResponse,
  ResponseHeader,
  TxnResponse,
  WatchResponse,
} from "@nodetcd/messages";

interface Rule {
  readonly pattern: RegExp;
  readonly by: string;
  readonly reason: string;
}

/** Applied in this order to the text of standard output and standard error. */
const RULES: readonly Rule[] = [
  {
    pattern: /^History and space commands\n(?: .*\n)+\n/gm,
    by: "",
    reason: "commands that nodetcd ctl has more than etcdctl",
  },
  {
    pattern: /("(?:raft_term|raftTerm|RaftTerm)"\s*:\s*)\d+/g,
    by: "$1<TERM>",
    reason: "terms count elections, which depend on timing",
  },
  {
    pattern: /("(?:raftIndex|raftAppliedIndex|RaftIndex|RaftAppliedIndex|RaftTerm)"\s*:\s*)\d+/g,
    by: "$1<INDEX>",
    reason: "the raft log also holds the member's own housekeeping",
  },
  {
    pattern: /("(?:dbSize|dbSizeInUse|DBSize|DBSizeInUse)"\s*:\s*)\d+/g,
    by: "$1<SIZE>",
    reason: "file size depends on when batches are committed",
  },
  {
    pattern: /,?"storageVersion":"[^"]*"|"StorageVersion"\s*:.*\n/g,
    by: "",
    reason: "appears some time after the first start",
  },
  {
    pattern: /("ts"\s*:\s*)("[^"]*"|[\d.]+)/g,
    by: '$1"<TIME>"',
    reason: "time of a log line",
  },
  {
    pattern: /("took"\s*:\s*)"[^"]*"|("took"\s*:\s*)[\d.]+/g,
    by: '$1$2"<TOOK>"',
    reason: "duration",
  },
  {
    pattern: /\btook( = |\s|:)\s*[\d.]+(?:ns|µs|ms|s|m)+(?:[\d.]+s)?/g,
    by: "took$1<TOOK>",
    reason: "duration",
  },
  { pattern: /(\d+ (?:seconds?|minutes?) ago|now)/g, by: "<AGO>", reason: "duration" },
  {
    pattern: /("size"\s*:\s*)"[^"]*"/g,
    by: '$1"<SIZE>"',
    reason: "file size of a snapshot, see dbSize",
  },
  {
    pattern: /\b0x[0-9a-f]{6,}\b/g,
    by: "<POINTER>",
    reason: "addresses in the client's memory, in its log lines",
  },
  {
    pattern: /\b\d+(?:\.\d+)?(?:ns|µs|ms)\b|\b\d+\.\d+s\b/g,
    by: "<TOOK>",
    reason: "duration",
  },
  {
    pattern: /LocalAddr: (?:'127.0.0.1:\d+'|<nil>), /g,
    by: "",
    reason: "the client's own port, in its log lines; nodetcd ctl leaves it out",
  },
  {
    pattern: /"caller":"[^"]*",/g,
    by: "",
    reason: "the place in the client's source, in its log lines",
  },
  {
    pattern: /"logger":"[^"]*",/g,
    by: "",
    reason: "the part of the client, in its log lines",
  },
  {
    pattern: /etcd-endpoints:\/\/<POINTER>\//g,
    by: "etcd-endpoints://",
    reason: "an address in memory, which nodetcd ctl leaves out",
  },
  {
    pattern: /stty: 'standard input': Inappropriate ioctl for device\n/g,
    by: "",
    reason: "etcdctl asks another program to hide a password, also without a terminal",
  },
  {
    pattern: /client-[0-9a-f]{8}-[0-9a-f-]{27}/g,
    by: "client-<UUID>",
    reason: "a random name that the client gives itself, in its log lines",
  },
  {
    pattern: /\b[0-9a-f]{13,16}\b|\b\d{15,20}\b/g,
    by: "<ID>",
    reason: "ids are random; those that a scenario captures are compared by their name before this",
  },
  {
    pattern: /(remaining\()\d+(s\))/g,
    by: "$1<TTL>$2",
    reason: "a lease's remaining time",
  },
  {
    pattern: /("ttl":)\d+|("TTL"\s*:\s*)\d+/g,
    by: "$1$2<TTL>",
    reason: "a lease's remaining time",
  },
];

/** Column numbers of `endpoint status -w simple` and `table` that hold sizes, terms and indexes. */
const STATUS_COLUMNS: Readonly<Record<number, readonly number[]>> = {
  // 3.7: endpoint, id, version, storage version, db size, in use, % unused, quota, leader, learner, term, index, applied, ...
  16: [3, 4, 5, 6, 10, 11, 12],
  // 3.4: endpoint, id, version, db size, leader, learner, term, index, applied, errors
  10: [3, 6, 7, 8],
};

/** Texts that only one side has, such as its ids and ports, by the name that stands for them. */
export type Replacements = ReadonlyMap<string, string>;

export function normalise(text: string, args: readonly string[], names: Replacements): string {
  let result = isStatus(args) ? hideStatusColumns(text) : text;
  for (const [value, name] of names) result = result.replaceAll(value, name);
  for (const { pattern, by } of RULES) result = result.replace(pattern, by);
  if (args.includes("snapshot") && args.includes("save")) result = sortLogLines(result);
  return alignTables(sortMembers(sortAttachedKeys(result)));
}

/** etcdctl 3.4 and 3.5 receive a snapshot in one goroutine and announce it in another: either logs first. */
function sortLogLines(text: string): string {
  return text.replace(/(?:^\{"level":.*\n){2,}/gm, (lines) => lines.split("\n").sort().join("\n"));
}

/** etcd lists a lease's keys in the order of a hash map: any order is right. */
function sortAttachedKeys(text: string): string {
  const sorted = (list: string, by: string): string => list.split(by).sort().join(by);
  return text
    .replace(
      /attached keys\(\[(.*)\]\)/g,
      (_, list: string) => `attached keys([${sorted(list, " ")}])`,
    )
    .replace(/"keys":\[([^\]]*)\]/g, (_, list: string) => `"keys":[${sorted(list, ",")}]`)
    .replace(/(?:^"Key" : .*\n?)+/gm, (lines) =>
      text.includes('"GrantedTTL"') ? sorted(lines, "\n") : lines,
    );
}

/** Members are listed by their ids, which are random; short ones are padded. */
function sortMembers(text: string): string {
  return text
    .replace(/(Member|cluster) +(?=<)/g, "$1 ")
    .replace(/(?:^<[A-Z_]+>, (?:un)?started, .*\n?){2,}/gm, (lines) =>
      lines.split("\n").sort().join("\n"),
    )
    .replace(
      /^(ETCD_INITIAL_CLUSTER=")(.*)"$/gm,
      (_, name: string, list: string) => `${name}${list.split(",").sort().join(",")}"`,
    );
}

function isStatus(args: readonly string[]): boolean {
  return args.includes("status") && args.includes("endpoint");
}

function hideStatusColumns(text: string): string {
  return text
    .split("\n")
    .map((line) => {
      const separator = /^[|│]/.exec(line)?.[0] ?? ", ";
      const cells = line.split(separator);
      const offset = separator === ", " ? 0 : 1;
      const hidden = STATUS_COLUMNS[cells.length - 2 * offset];
      if (hidden === undefined || /ENDPOINT +[|│]/.test(line)) {
        return line;
      }
      for (const column of hidden) cells[column + offset] = "<VARIES>";
      return cells.join(separator);
    })
    .join("\n");
}

/** Cells of a table are as wide as their widest text: ids of 15 or 16 digits shift all of them. */
function alignTables(text: string): string {
  return text
    .replace(/^\+[-+]+\+$/gm, "+--+")
    .replace(/^([┌├└])[─┬┼┴]+([┐┤┘])$/gm, "$1──$2")
    .replace(/^([|│]).*[|│]$/gm, (line, bar: string) =>
      line
        .split(bar)
        .map((cell) => cell.trim())
        .join(bar),
    );
}

const RESPONSES: Readonly<Record<string, MessageCodec<object>>> = {
  get: RangeResponse,
  put: PutResponse,
  del: DeleteRangeResponse,
  txn: TxnResponse,
  compaction: CompactionResponse,
  watch: WatchResponse,
  alarm: AlarmResponse,
  member: MemberListResponse,
  // Of a lease etcdctl prints the bytes of the header alone, but for revoke.
  "lease grant": ResponseHeader,
  "lease revoke": LeaseRevokeResponse,
  "lease timetolive": ResponseHeader,
  "lease list": ResponseHeader,
  "lease keep-alive": ResponseHeader,
  "user add": AuthUserAddResponse,
  "user get": AuthUserGetResponse,
  "user list": AuthUserListResponse,
  "user delete": AuthUserDeleteResponse,
  "user grant-role": AuthUserGrantRoleResponse,
  "user revoke-role": AuthUserRevokeRoleResponse,
  "role add": AuthRoleAddResponse,
  "role get": AuthRoleGetResponse,
  "role list": AuthRoleListResponse,
  "role delete": AuthRoleDeleteResponse,
  "role grant-permission": AuthRoleGrantPermissionResponse,
  "role revoke-permission": AuthRoleRevokePermissionResponse,
  "auth status": AuthStatusResponse,
  "move-leader": MoveLeaderResponse,
};

/** Standard output as text: `-w protobuf` is decoded, so that ids of other lengths do not matter. */
export function outputText(stdout: Buffer, args: readonly string[]): string {
  if (!args.includes("protobuf") || stdout.length === 0) return stdout.toString();
  const codec = RESPONSES[args[0] ?? ""] ?? RESPONSES[`${args[0]} ${args[1]}`];
  if (codec === undefined) return stdout.toString("hex");
  try {
    return JSON.stringify(codec.decode(stdout), jsonValue).replaceAll('"raftTerm"', '"raft_term"');
  } catch (error) {
    return `cannot be decoded as ${codec.name}: ${String(error)}: ${stdout.toString("latin1")}`;
  }
}

function jsonValue(key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  // Compared apart, by the rules above; kept as a number so that they find it.
  if (key === "raftTerm") return Number(value);
  return value;
}
