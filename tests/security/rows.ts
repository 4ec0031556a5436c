/** What is tried, and under which flags. */
import { execFileSync } from "node:child_process";
import { rmSync, statSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { Peer } from "../peers.ts";
import { pause, type Setting, type TlsMember } from "./member.ts";

const OPENSSL = process.env["OPENSSL_BIN"] ?? "openssl";
export const OWN = ["--cert-file=OWN.crt", "--key-file=OWN.key"];
export const MUTUAL = [...OWN, "--client-cert-auth", "--trusted-ca-file=FILES/ca.crt"];

export interface Row {
  readonly name: string;
  /** Answers what is compared. */
  readonly act: (member: TlsMember, clients: readonly Peer[]) => Promise<string>;
  /** Why the answers may differ; without it they may not. */
  readonly differs?: string;
}

export interface Group extends Setting {
  readonly name: string;
  readonly rows: readonly Row[];
}

const QUICK = ["--command-timeout=2s", "--dial-timeout=2s"];
const NO_ALERT = "node:tls cannot send an alert about a certificate: the connection is closed";
const CBC = "cipher suites with CBC are not on by default";

/** Every etcdctl at hand puts and gets. */
const works =
  (certificate: string | undefined) =>
  async (member: TlsMember, clients: readonly Peer[]): Promise<string> => {
    const said: string[] = [];
    for (const client of clients) {
      said.push(await member.etcdctl(client, certificate, "put", "a", "b"));
      said.push(await member.etcdctl(client, certificate, "get", "a"));
    }
    return said.join(" | ");
  };

/** etcdctl fails, and the member says so. */
const refused =
  (certificate: string | undefined) =>
  async (member: TlsMember, clients: readonly Peer[]): Promise<string> => {
    const said = await member.etcdctl(clients[0]!, certificate, "put", "a", "b", ...QUICK);
    return `${said} | ${await member.rejections()}`;
  };

export const served = (name: string, act: Row["act"], differs?: string): Row => ({
  name,
  act,
  ...(differs === undefined ? {} : { differs }),
});

const url = (member: TlsMember, path: string): string => `https://127.0.0.1:${member.port}${path}`;
const HEALTH = "/health";

async function reload(member: TlsMember): Promise<string> {
  const said: string[] = [];
  member.replace("server-ecdsa-p384");
  said.push(await member.openssl());
  rmSync(`${member.own}.key`);
  said.push(await member.openssl(), await member.rejections());
  writeFileSync(`${member.own}.key`, "junk");
  said.push(await member.openssl(), await member.rejections());
  member.replace("server-rsa-2048");
  said.push(await member.openssl());
  member.replace("server-ecdsa-p256");
  return said.join(" | ");
}

async function keepsConnections(member: TlsMember, [client]: readonly Peer[]): Promise<string> {
  const watching = member.watch(client!, "w", 5_000);
  await pause(1_500);
  member.replace("server-ecdsa-p384");
  const put = await member.etcdctl(client!, undefined, "put", "w", "1");
  const saw = await watching;
  member.replace("server-ecdsa-p256");
  return `${put} | ${saw}`;
}

async function silent(member: TlsMember): Promise<string> {
  const started = Date.now();
  const sockets: Socket[] = Array.from({ length: 50 }, () =>
    connect(member.port, "127.0.0.1").on("error", () => undefined),
  );
  await Promise.all(
    sockets.map((each) => new Promise((resolve) => each.resume().on("close", resolve))),
  );
  const seconds = Math.round((Date.now() - started) / 1_000);
  const lines = (await member.rejections()).split(" | ");
  return `closed after ${seconds >= 9 && seconds <= 13 ? "about 10" : seconds} s: ${lines[0]?.replace(/ADDRESS|127\.0\.0\.1:\d+/g, "A")}`;
}

/** The certificate that a member has made for itself, without what is different each time. */
async function autoCertificate(member: TlsMember): Promise<string> {
  const folder = join(member.dataDirectory, "fixtures/client");
  const text = execFileSync(OPENSSL, ["x509", "-in", `${folder}/cert.pem`, "-noout", "-text"], {
    encoding: "utf8",
  });
  const kept = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => !/^([0-9a-fA-F]{2}:)+|^Not |^Validity/.test(line));
  const modes = ["", "cert.pem", "key.pem"].map((name) =>
    (statSync(join(folder, name)).mode & 0o777).toString(8),
  );
  const known = kept.filter((line) =>
    /Public Key Algorithm|Public-Key|Signature Algorithm|Issuer|Subject:|CA:|Digital|TLS Web|IP Address|critical/.test(
      line,
    ),
  );
  return `${modes.join(" ")} ${known.toSorted().join("; ")}`;
}

export const GROUPS: readonly Group[] = [
  {
    name: "TLS without client certificates",
    flags: OWN,
    rows: [
      ...["rsa-2048", "ecdsa-p256", "ecdsa-p384", "ed25519"].map((kind) =>
        served(`etcdctl works with a server's key ${kind}`, async (member, clients) => {
          member.replace(`server-${kind}`);
          const said = await works(undefined)(member, clients);
          member.replace("server-ecdsa-p256");
          return said;
        }),
      ),
      served("HTTP by curl", (member) => member.curl(url(member, HEALTH), "--http1.1")),
      served("HTTP by curl, which offers h2 as well", (member) => member.curl(url(member, HEALTH))),
      served("plain HTTP to the TLS port (52)", async (member) => {
        const said = await member.curl(url(member, HEALTH).replace("https", "http"));
        return `${said} | ${await member.rejections()}`;
      }),
      served("plain etcdctl to the TLS port (52)", async (member, clients) => {
        const said = await member.plainEtcdctl(clients[0]!, "get", "a", ...QUICK);
        return `${said} | ${await member.rejections()}`;
      }),
      served("TLS 1.2 (54)", (member) => member.openssl("-tls1_2")),
      served("TLS 1.3 (54)", (member) => member.openssl("-tls1_3")),
      served("TLS 1.1 (54)", async (member) => {
        const said = await member.openssl("-tls1_1", "-cipher", "ALL:@SECLEVEL=0");
        return `${said} | ${(await member.rejections()).replace(/: \[[\d ]+\]$/, "")}`;
      }),
      ...["foo", "h2", "http/1.1"].map((offer) =>
        served(
          `ALPN ${offer} (54)`,
          (member) => member.alpn(offer),
          offer === "http/1.1"
            ? "etcd selects nothing, and speaks HTTP/1.1 all the same"
            : undefined,
        ),
      ),
      ...["ecdsa-p256", "rsa-2048"].map((kind) =>
        served(
          `every suite of TLS 1.2 that openssl knows, with a key ${kind}`,
          async (member) => {
            member.replace(`server-${kind}`);
            const taken = await member.suites();
            member.replace("server-ecdsa-p256");
            return taken.join(" ");
          },
          CBC,
        ),
      ),
      ...["-tls1", "-tls1_1", "-ssl3"].map((version) =>
        served(`the protocol ${version}, with every suite`, (member) =>
          member.openssl(version, "-cipher", "ALL:@SECLEVEL=0"),
        ),
      ),
      served(
        "a second handshake with the session of the first",
        (member) => member.resumes(),
        "every connection is checked anew",
      ),
      served("another handshake on the same connection", (member) => member.renegotiates()),
      served("key exchange by RSA alone", (member) =>
        member.openssl("-tls1_2", "-cipher", "kRSA:@SECLEVEL=0"),
      ),
      served(
        "a suite with CBC",
        (member) => member.openssl("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"),
        CBC,
      ),
      served("replaced, deleted, junk and restored files (57)", reload),
      served("a watch goes on while files are replaced", keepsConnections),
      served("50 silent connections (53)", silent),
    ],
  },
  {
    name: "http and https at one port, client certificates",
    flags: [...MUTUAL, "--listen-metrics-urls=https://METRICS"],
    schemes: ["http", "https"],
    rows: [
      served("etcdctl with a certificate", works("client")),
      served("etcdctl with a certificate of RSA", works("rsa")),
      served("plain HTTP beside (52)", (member) =>
        member.curl(url(member, HEALTH).replace("https", "http")),
      ),
      served(
        "no certificate, TLS 1.3 (50)",
        async (member) => `${await member.openssl("-tls1_3")} | ${await member.rejections()}`,
      ),
      served(
        "no certificate, TLS 1.2 (50)",
        async (member) => `${await member.openssl("-tls1_2")} | ${await member.rejections()}`,
      ),
      served("no certificate, etcdctl (50)", refused(undefined)),
      served("a certificate of another authority (51)", refused("foreign")),
      served("a certificate for servers alone (51)", refused("for-servers")),
      served("an expired certificate (51)", refused("expired")),
      served(
        "alert for another authority's (51)",
        (member) =>
          member.openssl(
            "-tls1_2",
            ...member
              .certificate("cert", "key", "foreign")
              .map((each) => each.replace(/^--/, "-").split("="))
              .flat(),
          ),
        NO_ALERT,
      ),
      served("metrics with a certificate for another address (60)", async (member) => {
        const to = `https://127.0.0.1:${member.metricsPort}${HEALTH}`;
        const said = await member.curl(
          to,
          "--http1.1",
          ...member
            .certificate("cert", "key", "elsewhere")
            .map((each) => each.split("="))
            .flat(),
        );
        return `${said.startsWith("exit 0") ? "served" : "refused"} | ${await member.rejections()}`;
      }),
      served("metrics with a certificate", (member) =>
        member.curl(
          `https://127.0.0.1:${member.metricsPort}${HEALTH}`,
          "--http1.1",
          ...member
            .certificate("cert", "key", "client")
            .map((each) => each.split("="))
            .flat(),
        ),
      ),
    ],
  },
  {
    name: "a trusted authority alone",
    flags: [...OWN, "--trusted-ca-file=FILES/ca.crt"],
    rows: [
      served("no certificate (50)", refused(undefined)),
      served("a certificate", works("client")),
    ],
  },
  ...(["revoked", "nobody", "pem", "missing"] as const).map((list) => ({
    name: `revocation list: ${list}`,
    flags: [...MUTUAL, `--client-crl-file=FILES/${list}.crl`],
    rows: [
      served(`a revoked certificate (58)`, refused("revoked")),
      served(`a good certificate (58)`, refused("client")),
    ],
  })),
  {
    name: "allowed host names",
    flags: [...MUTUAL, "--client-cert-allowed-hostname=client.example,other.example"],
    rows: [
      served("a certificate with one of them (59)", works("allowed")),
      served("a certificate with none of them (59)", refused("client")),
    ],
  },
  {
    name: "six cipher suites",
    flags: [
      ...OWN,
      "--cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256," +
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384," +
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    ],
    rows: [
      served("one of them by curl (55)", (member) => {
        member.replace("server-rsa-2048");
        return member.curl(
          url(member, HEALTH),
          "--http1.1",
          "--tls-max",
          "1.2",
          "--ciphers",
          "ECDHE-RSA-AES128-GCM-SHA256",
        );
      }),
      served("another by openssl (55)", (member) =>
        member.openssl("-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"),
      ),
    ],
  },
  {
    name: "TLS 1.3 alone",
    flags: [...OWN, "--tls-min-version=TLS1.3"],
    rows: [
      served("TLS 1.2", (member) => member.openssl("-tls1_2")),
      served("TLS 1.3", (member) => member.openssl("-tls1_3")),
    ],
  },
  {
    name: "auto-TLS",
    flags: ["--auto-tls"],
    rows: [
      served("the certificate and the modes of its files (56)", autoCertificate),
      served("etcdctl that checks nothing (56)", async (member, [client]) =>
        member.plainEtcdctl(
          client!,
          "--insecure-skip-tls-verify",
          "--insecure-transport=false",
          "put",
          "a",
          "b",
        ),
      ),
    ],
  },
];

/** Starts that fail: flags, and what is tried is the start itself. */
export const BAD_STARTS: readonly {
  readonly name: string;
  readonly flags: readonly string[];
  readonly differs?: string;
}[] = [
  { name: "https without a certificate", flags: [] },
  {
    name: "a certificate without its key",
    flags: ["--cert-file=OWN.crt"],
  },
  { name: "a missing file", flags: ["--cert-file=OWN.crt", "--key-file=/no/where.key"] },
  {
    name: "a pair that does not fit",
    flags: ["--cert-file=OWN.crt", "--key-file=FILES/client.key"],
  },
  {
    name: "an unknown suite",
    flags: [...OWN, "--cipher-suites=TLS_FOO"],
    differs: "ours has the list of known ones behind it",
  },
  {
    name: "suites without HTTP/2's",
    flags: [...OWN, "--cipher-suites=TLS_RSA_WITH_3DES_EDE_CBC_SHA"],
  },
  { name: "an unknown version", flags: [...OWN, "--tls-min-version=TLS1.1"] },
  {
    name: "versions the wrong way round",
    flags: [...OWN, "--tls-min-version=TLS1.3", "--tls-max-version=TLS1.2"],
  },
  {
    name: "suites for TLS 1.3",
    flags: [
      ...OWN,
      "--tls-min-version=TLS1.3",
      "--cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    ],
  },
  ...[
    "jwt",
    "jwt,sign-method",
    "jwt,sign-method=none",
    "jwt,sign-method=XX256",
    "jwt,sign-method=RS256",
    "jwt,sign-method=RS256,priv-key=FILES/server-rsa-2048.key,pub-key=FILES/rsa.crt",
    "jwt,sign-method=RS256,sign-method=RS256",
    "jwt,sign-method=RS256,priv-key=/no/where",
    "other",
  ].map((kind) => ({
    name: `tokens ${kind} (39)`,
    flags: [...OWN, `--auth-token=${kind}`],
    differs: "ours names the option, and what of it is wrong",
  })),
  {
    name: "auto-TLS for 0 years",
    flags: ["--auto-tls", "--self-signed-cert-validity=0"],
  },
  {
    name: "both lists of allowed names",
    flags: [
      ...OWN,
      "--peer-cert-file=OWN.crt",
      "--peer-key-file=OWN.key",
      "--peer-cert-allowed-cn=a",
      "--peer-cert-allowed-hostname=b",
    ],
  },
];
