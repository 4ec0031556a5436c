/** What is tried with users: by certificate, by either kind of token, over gRPC and JSON. */
import { createHmac, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isAtLeast, type Peer } from "../peers.ts";
import { SECRET } from "./files.ts";
import { pause, type TlsMember } from "./member.ts";
import { type Group, MUTUAL, OWN, served } from "./rows.ts";

/** Passwords are hashed quickly: not their cost is compared. */
export const QUICKLY = "--bcrypt-cost=4";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const RANGE = { key: base64("foo") };
const PUT = { ...RANGE, value: base64("v") };

/** A call by JSON: what it was answered, without ids and terms, and its HTTP status. */
async function ask(
  member: TlsMember,
  path: string,
  body: object,
  headers: readonly string[] = [],
  certificate?: string,
): Promise<string> {
  const own =
    certificate === undefined
      ? []
      : member.certificate("cert", "key", certificate).flatMap((each) => each.split("="));
  const said = await member.curl(
    `https://127.0.0.1:${member.port}/v3/${path}`,
    "--http1.1",
    "-X",
    "POST",
    "-d",
    JSON.stringify(body),
    "-w",
    " %{http_code}",
    ...headers.flatMap((each) => ["-H", each]),
    ...own,
  );
  // Go's JSON has a blank after some commas, by chance.
  return said
    .replaceAll(', "', ',"')
    .replace(/"(cluster_id|member_id|raft_term)":"\d+"/g, '"$1":"N"');
}

const withToken = (token: string): string[] => [`Authorization: ${token}`];

/** Root, and `u1` who may read and write `foo`; authentication is on. */
export async function setUp(member: TlsMember, certificate?: string): Promise<string> {
  const perm = { permType: "READWRITE", key: base64("foo") };
  const steps: readonly [string, object][] = [
    ["auth/user/add", { name: "root", password: "pw" }],
    ["auth/user/add", { name: "u1", password: "pw" }],
    ["auth/role/add", { name: "u1" }],
    ["auth/role/grant", { name: "u1", perm }],
    ["auth/user/grant", { user: "u1", role: "u1" }],
    ["auth/user/grant", { user: "root", role: "root" }],
    ["auth/enable", {}],
  ];
  const said: string[] = [];
  for (const [path, body] of steps) said.push(await ask(member, path, body, [], certificate));
  return said.join(" | ");
}

async function logIn(member: TlsMember, name = "u1", password = "pw"): Promise<string> {
  const said = await ask(member, "auth/authenticate", { name, password });
  return /"token":"([^"]+)"/.exec(said)?.[1] ?? said;
}

const usersAreMade = served("users are made", (member) => setUp(member));

/** Every etcdctl at hand, with a certificate; before 3.6 it takes no tokens. */
const by =
  (certificate: string | undefined, ...lines: readonly string[][]) =>
  async (member: TlsMember, clients: readonly Peer[]): Promise<string> => {
    const said: string[] = [];
    for (const client of clients) {
      for (const args of lines) {
        if (args[0]?.startsWith("--auth-jwt") === true && !isAtLeast(client.version, "3.6"))
          continue;
        const answer = await member.etcdctl(client, certificate, ...args);
        said.push(args.includes("member") ? answer.replace(/^exit 0: .*/s, "exit 0") : answer);
      }
    }
    return said.join(" | ");
  };

const GATEWAY_HEADERS: readonly (readonly string[])[] = [
  ["User-Agent: x"],
  ["Content-Type: application/json", "X-Forwarded-For: 127.0.0.1"],
];

const certificates: Group = {
  name: "users by certificate",
  flags: [...MUTUAL, QUICKLY],
  own: "server-root",
  rows: [
    served("users are made", (member) => setUp(member, "client")),
    served(
      "a user's: his key, another, with a password, with a wrong token (42)",
      by(
        "user",
        ["put", "foo", "1"],
        ["put", "bar", "1"],
        ["--user=root:pw", "put", "bar", "1"],
        ["--auth-jwt-token=bogus", "get", "foo"],
      ),
    ),
    ...["stranger", "unnamed"].map((name) =>
      served(
        `a certificate of ${name === "stranger" ? "no user" : "no name"} (43)`,
        by(name, ["put", "foo", "1"], ["member", "list"], ["compaction", "1"], ["get", "foo"]),
      ),
    ),
    ...["user", "client"].map((name) =>
      served(`JSON with the certificate "${name}", without and with a token (44)`, async (member) =>
        [
          await ask(member, "kv/range", RANGE, [], name),
          await ask(member, "kv/range", RANGE, withToken("bogus"), name),
          (await ask(member, "../health", {}, [], name)).slice(-3),
        ].join(" | "),
      ),
    ),
    served("JSON with a certificate without a name (44)", async (member) => {
      const said: string[] = [];
      for (const headers of GATEWAY_HEADERS) {
        said.push(await ask(member, "kv/range", RANGE, headers, "unnamed"));
      }
      return said.join(" | ");
    }),
    served(
      "JSON with a certificate without a name, and as few headers as can be (44, CVE-2018-16886)",
      (member) =>
        ask(member, "kv/range", RANGE, ["User-Agent:", "Accept:", "Content-Type:"], "unnamed"),
      "etcd takes whoever hides from it that he comes by its gateway for the user of its own certificate",
    ),
  ],
};

/** A call with the token in each of the ways that there are. */
async function headersOfTokens(member: TlsMember): Promise<string> {
  const token = await logIn(member);
  const ways = [
    [`Authorization: ${token}`],
    [`Authorization: Bearer ${token}`],
    [`Authorization: bearer ${token}`],
    [`Grpc-Metadata-Token: ${token}`],
    [`Grpc-Metadata-Token: ${token}`, "Authorization: wrong"],
    ["Authorization: "],
    [],
  ];
  const said: string[] = [];
  for (const headers of ways) said.push(await ask(member, "kv/range", RANGE, headers));
  return said.join(" | ");
}

/** How a token fares after each act of root. */
async function endsOfTokens(member: TlsMember): Promise<string> {
  const acts: readonly [string, object][] = [
    ["auth/user/changepw", { name: "u1", password: "pw" }],
    ["auth/user/revoke", { name: "u1", role: "u1" }],
    ["auth/user/grant", { user: "u1", role: "u1" }],
    ["auth/disable", {}],
    ["auth/enable", {}],
    ["auth/user/delete", { name: "u1" }],
  ];
  const said: string[] = [];
  for (const [path, body] of acts) {
    const token = await logIn(member);
    said.push(await ask(member, path, body, withToken(await logIn(member, "root"))));
    said.push(await ask(member, "kv/range", RANGE, withToken(token)));
  }
  return said.join(" | ");
}

async function lifeOfTokens(member: TlsMember): Promise<string> {
  const [used, idle] = [await logIn(member), await logIn(member)];
  const said: string[] = [];
  for (let i = 0; i < 3; i++) {
    await pause(1_200);
    said.push(await ask(member, "kv/range", RANGE, withToken(used)));
  }
  said.push(await ask(member, "kv/range", RANGE, withToken(idle)));
  return said.join(" | ");
}

const simple: Group = {
  name: "simple tokens",
  flags: [...OWN, QUICKLY, "--auth-token-ttl=2"],
  rows: [
    usersAreMade,
    served("the form of a token (31)", async (member) =>
      (await logIn(member)).replace(/^[a-zA-Z]{16}\.\d+$/, "16 letters, a dot, a number"),
    ),
    served("wrong logins", async (member) =>
      [
        await logIn(member, "u1", "wrong"),
        await logIn(member, "nobody", "pw"),
        await logIn(member, "", ""),
      ].join(" | "),
    ),
    served("headers with a token (40)", headersOfTokens),
    served("a watch and a lock that may not be (41)", async (member) => {
      const token = withToken(await logIn(member));
      const watch = { create_request: { key: base64("other") } };
      return [
        await ask(member, "watch", watch, [...token, "Grpc-Timeout: 1S"]),
        await ask(member, "lock/lock", { name: base64("other") }, token),
      ].join(" | ");
    }),
    served("used and idle ones after 3.6 s of 2 (32)", lifeOfTokens),
    served("after a new password, a role, off and on, a deleted user (33)", endsOfTokens),
    served(
      "a forged one of a place far ahead in the log (34)",
      (member) => ask(member, "kv/range", RANGE, withToken("abc.99999999")),
      "etcd waits for that place until the client gives up",
    ),
  ],
};

/** What a user may not do stays forbidden, whatever alarm is raised. */
async function underAlarm(member: TlsMember, alarm: "NOSPACE" | "CORRUPT"): Promise<string> {
  const root = withToken(await logIn(member, "root"));
  const list = await ask(member, "cluster/member/list", {}, root);
  const memberID = /"ID":"(\d+)"/.exec(list)?.[1] ?? "";
  const raise = (action: string): Promise<string> =>
    ask(member, "maintenance/alarm", { action, alarm, memberID }, root);
  await raise("ACTIVATE");
  const user = withToken(await logIn(member));
  const said: string[] = [];
  for (const [path, body] of [
    ["auth/disable", {}],
    ["kv/deleterange", { key: base64("bar") }],
    ["kv/put", PUT],
    ["kv/range", RANGE],
    ["lease/revoke", { ID: "99" }],
  ] as const) {
    said.push(await ask(member, path, body, user));
  }
  said.push(await ask(member, "kv/deleterange", { key: base64("bar") }));
  await raise("DEACTIVATE");
  return said.join(" | ");
}

const alarms: Group = {
  name: "users under an alarm",
  flags: [...OWN, QUICKLY],
  rows: [
    usersAreMade,
    served("of a full disk (47)", (member) => underAlarm(member, "NOSPACE")),
    served("of corruption (47)", (member) => underAlarm(member, "CORRUPT")),
  ],
};

type Claims = Readonly<Record<string, unknown>>;

function unsigned(claims: Claims, alg = "HS256"): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg, typ: "JWT" })}.${part(claims)}`;
}

function hs256(claims: Claims, secret = SECRET): string {
  const text = unsigned(claims);
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** Signed tokens of every kind that is none, and of each revision. */
async function oddTokens(member: TlsMember): Promise<string> {
  const status = await ask(member, "auth/status", {});
  const revision = Number(/"authRevision":"(\d+)"/.exec(status)?.[1]);
  const exp = Math.floor(Date.now() / 1000) + 600;
  const good = { username: "u1", revision, exp };
  const none = { ...good, exp: undefined };
  const tokens: Readonly<Record<string, string>> = {
    good: hs256(good),
    "without exp": hs256(none),
    "alg none": `${unsigned(good, "none")}.`,
    "another alg": `${unsigned(good, "HS512")}.${createHmac("sha512", SECRET).update(unsigned(good, "HS512")).digest("base64url")}`,
    "a wrong signature": hs256(good, "another secret of more than 32 bytes"),
    expired: hs256({ ...good, exp: exp - 1_200 }),
    "exp as text": hs256({ ...good, exp: String(exp) }),
    "nbf to come": hs256({ ...good, nbf: exp }),
    "without a user": hs256({ revision, exp }),
    "revision as text": hs256({ ...good, revision: String(revision) }),
    "an old revision": hs256({ ...good, revision: revision - 1 }),
    "a revision to come": hs256({ ...good, revision: revision + 1 }),
    "revision 0": hs256({ ...good, revision: 0 }),
    "a user that is none": hs256({ ...good, username: "nobody" }),
  };
  const said: string[] = [];
  for (const [name, token] of Object.entries(tokens)) {
    const range = await ask(member, "kv/range", RANGE, withToken(token));
    said.push(`${name}: ${range}, ${await ask(member, "kv/put", PUT, withToken(token))}`);
  }
  return said.join("\n");
}

/** Sign methods, and the files of their keys; the public one may be a certificate. */
const SIGNED: readonly (readonly [string, string])[] = [
  ["HS256", "priv-key=FILES/secret"],
  ...["RS256", "PS256"].map((method) => [method, pair("server-rsa-2048")] as const),
  ["ES256", pair("server-ecdsa-p256")],
  // etcd takes a certificate for the public key but here.
  ["EdDSA", "priv-key=FILES/server-ed25519.key,pub-key=FILES/server-ed25519.pub"],
];

function pair(name: string): string {
  return `priv-key=FILES/${name}.key,pub-key=FILES/${name}.crt`;
}

const signed: readonly Group[] = SIGNED.map(([method, keys]) => ({
  name: `signed tokens, ${method}`,
  flags: [...OWN, QUICKLY, `--auth-token=jwt,sign-method=${method},${keys},ttl=10m`],
  rows: [
    usersAreMade,
    served(
      "login and put by etcdctl (35)",
      by(undefined, ["--user=u1:pw", "put", "foo", "1"], ["--user=u1:pw", "put", "bar", "1"]),
    ),
    ...(method === "HS256"
      ? [served("tokens that are none, and of other revisions (36, 37)", oddTokens)]
      : []),
  ],
}));

const verifyOnly: Group = {
  name: "signed tokens, the public key alone",
  flags: [...OWN, QUICKLY, "--auth-token=jwt,sign-method=RS256,pub-key=FILES/server-rsa-2048.crt"],
  rows: [
    usersAreMade,
    served("login (38)", (member) => logIn(member)),
    served("a token signed elsewhere (38)", async (member) => {
      const status = await ask(member, "auth/status", {});
      const revision = Number(/"authRevision":"(\d+)"/.exec(status)?.[1]);
      const text = unsigned({ username: "u1", revision }, "RS256");
      const key = readFileSync(join(member.folder, "server-rsa-2048.key"));
      const token = `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
      return ask(member, "kv/put", PUT, withToken(token));
    }),
    served(
      "/health (38)",
      (member) => ask(member, "../health", {}),
      "etcd cannot make a token for its own question",
    ),
  ],
};

const cost: Group = {
  name: "bcrypt-cost 2",
  flags: [...OWN, "--bcrypt-cost=2"],
  rows: [
    served("is replaced, and said (39)", (member) =>
      Promise.resolve(
        String(member.logged("use default bcrypt cost instead of the invalid given cost")),
      ),
    ),
  ],
};

const PEER = [
  "--peer-cert-file=OWN.crt",
  "--peer-key-file=OWN.key",
  "--peer-client-cert-auth",
  "--peer-trusted-ca-file=FILES/ca.crt",
];

/** Whether the peer port serves a certificate, and the line about it. */
const atPeerPort =
  (name: string) =>
  async (member: TlsMember): Promise<string> => {
    const own = member.certificate("cert", "key", name).flatMap((each) => each.split("="));
    const said = await member.curl(
      `https://127.0.0.1:${member.peerPort}/version`,
      "--http1.1",
      ...own,
    );
    return `${said.startsWith("exit 0") ? "served" : "refused"} | ${await member.rejections()}`;
  };

const PEER_CERTIFICATES: Readonly<Record<string, string>> = {
  client: "no name at all",
  here: "the right address",
  elsewhere: "another address",
  named: "a name in the hosts file",
  "named-elsewhere": "another address and the right name",
  foreign: "another authority",
};

const peers: readonly Group[] = [
  { name: "peer port", extra: [], names: Object.keys(PEER_CERTIFICATES) },
  {
    name: "peer port, addresses not checked",
    extra: ["--peer-skip-client-san-verification"],
    names: ["elsewhere"],
  },
  {
    name: "peer port, allowed names",
    extra: ["--peer-cert-allowed-cn=u1,u2"],
    names: ["user", "client"],
  },
  {
    name: "peer port, revoked",
    extra: ["--peer-crl-file=FILES/revoked.crl"],
    names: ["revoked", "client"],
  },
].map(({ name, extra, names }) => ({
  name,
  flags: [...OWN, ...PEER, ...extra],
  peerScheme: "https",
  rows: names.map((each) =>
    served(`a certificate of ${PEER_CERTIFICATES[each] ?? each} (60)`, atPeerPort(each)),
  ),
}));

export const USER_GROUPS: readonly Group[] = [
  certificates,
  simple,
  ...signed,
  verifyOnly,
  cost,
  alarms,
  ...peers,
];
