import { describe, expect, it } from "vitest";
import { CliError } from "../src/errors.ts";
import { type Environment } from "../src/flags/environment.ts";
import { environmentName } from "../src/flags/flag.ts";
import { helpText } from "../src/flags/help.ts";
import { parseDuration, parseWholeNumber, INT64, UINT64 } from "../src/flags/go-values.ts";
import { readSettings, type Request } from "../src/flags/settings.ts";
import { findFlag, FLAGS } from "../src/flags/table.ts";
import type { Draft } from "../src/flags/draft.ts";

function read(args: string[], environment: Environment = {}, file?: string): Request {
  return readSettings({
    args,
    environment,
    readFile: (path) => {
      if (file === undefined) throw new Error(`${path}: no such file`);
      return file;
    },
  });
}

function settings(args: string[], environment: Environment = {}, file?: string): Draft {
  const request = read(args, environment, file);
  if (request.kind !== "serve") throw new Error(`got ${request.kind}`);
  return request.settings;
}

function failure(args: string[], environment: Environment = {}, file?: string): CliError {
  try {
    read(args, environment, file);
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error(`accepted: ${args.join(" ")}`);
}

const ALL = Object.values(FLAGS).flat();

describe("the flag table", () => {
  it("has every flag of etcd 3.7.1 --help, and a few of its own", () => {
    // Names as listed by `etcd --help` of 3.7.1, in its order.
    const names =
      "name data-dir wal-dir snapshot-count heartbeat-interval election-timeout initial-election-tick-advance listen-peer-urls listen-client-urls listen-client-http-urls max-snapshots max-wals memory-mlock quota-backend-bytes backend-bbolt-freelist-type backend-batch-interval backend-batch-limit max-txn-ops max-request-bytes max-concurrent-streams grpc-keepalive-min-time grpc-keepalive-interval grpc-keepalive-timeout socket-reuse-port socket-reuse-address enable-grpc-gateway raft-read-timeout raft-write-timeout feature-gates initial-advertise-peer-urls initial-cluster initial-cluster-state initial-cluster-token advertise-client-urls discovery discovery-token discovery-endpoints discovery-dial-timeout discovery-request-timeout discovery-keepalive-time discovery-keepalive-timeout discovery-insecure-transport discovery-insecure-skip-tls-verify discovery-cert discovery-key discovery-cacert discovery-user discovery-password discovery-fallback discovery-proxy discovery-srv discovery-srv-name strict-reconfig-check pre-vote auto-compaction-retention auto-compaction-mode v2-deprecation cert-file key-file client-cert-auth client-cert-file client-key-file client-crl-file client-cert-allowed-hostname trusted-ca-file auto-tls peer-cert-file peer-key-file peer-client-cert-auth peer-client-cert-file peer-client-key-file peer-trusted-ca-file peer-cert-allowed-cn peer-cert-allowed-hostname peer-auto-tls self-signed-cert-validity peer-crl-file cipher-suites cors host-whitelist tls-min-version tls-max-version auth-token bcrypt-cost auth-token-ttl enable-pprof metrics listen-metrics-urls logger log-outputs log-level log-format enable-log-rotation log-rotation-config-json warning-unary-request-duration enable-distributed-tracing distributed-tracing-address distributed-tracing-service-name distributed-tracing-instance-id distributed-tracing-sampling-rate corrupt-check-time compact-hash-check-time compaction-batch-limit peer-skip-client-san-verification watch-progress-notify-interval warning-apply-duration bootstrap-defrag-threshold-megabytes max-learners compaction-sleep-interval downgrade-check-time snapshot-catchup-entries force-new-cluster unsafe-no-fsync".split(
        " ",
      );
    const own =
      "auto-defrag-threshold auto-disarm-nospace audit-log audit-log-rules audit-log-keys audit-log-max-size audit-log-max-files auth-failure-delay console".split(
        " ",
      );
    expect(ALL.map(({ name }) => name).sort()).toEqual([...names, ...own].sort());
  });

  it("accepts the default of each flag, as argument and as environment variable", () => {
    const plain = settings(["--name=x"]);
    for (const { name, defaultText } of ALL) {
      if (defaultText === undefined || ["name", "data-dir", "initial-cluster"].includes(name))
        continue;
      const expected = structuredClone(plain.config);
      if (name === "advertise-client-urls")
        expected.advertiseClientUrls = ["http://localhost:2379"];
      if (name === "backend-batch-interval" || name === "compaction-sleep-interval") continue;
      const extra = name === "listen-client-urls" ? ["--advertise-client-urls=http://a:1"] : [];
      if (extra.length > 0) expected.advertiseClientUrls = ["http://a:1"];
      const byFlag = settings(["--name=x", ...extra, `--${name}=${defaultText}`]);
      expect(byFlag.config, name).toEqual(expected);
      const byVariable = settings(["--name=x", ...extra], { [environmentName(name)]: defaultText });
      expect(byVariable.config, name).toEqual(expected);
      const warnings = byFlag.notes.filter(({ level }) => level === "warn");
      expect(warnings.filter(({ message }) => !message.includes("deprecated"))).toEqual([]);
    }
  });

  it("is listed in help with its default", () => {
    const help = helpText([{ name: "server", summary: "" }]);
    for (const { name, defaultText } of ALL) {
      expect(help).toContain(
        defaultText === undefined ? `--${name}` : `--${name} '${defaultText}'`,
      );
    }
  });
});

describe("parseArguments", () => {
  it.each([
    [["--name=a"], "a"],
    [["--name", "a"], "a"],
    [["-name", "a"], "a"],
    [["-name=a"], "a"],
    [["--name", "-a"], "-a"],
    [["--name=b", "--name=a"], "a"],
    [["--name=a=b"], "a=b"],
    [["--name="], ""],
  ])("reads %j as name %s", (args, name) => {
    expect(settings(args).config.name).toBe(name);
  });

  it.each([
    [["--pre-vote"], true],
    [["--pre-vote=false"], false],
    [["--pre-vote=F"], false],
    [["-pre-vote=0"], false],
    [["--pre-vote=T"], true],
  ])("reads the switch %j as %s", (args, on) => {
    expect(settings(args).config.preVote).toBe(on);
  });

  it.each([
    ["--snapshot-count=0x10", { snapshotCount: 16 }],
    ["--snapshot-count=1_000", { snapshotCount: 1_000 }],
    ["--snapshot-count=0b11", { snapshotCount: 3 }],
    ["--snapshot-count=010", { snapshotCount: 8 }],
    ["--snapshot-count=18446744073709551615", { snapshotCount: Number.MAX_SAFE_INTEGER }],
    ["--quota-backend-bytes=-1", { quotaBackendBytes: -1 }],
    ["--grpc-keepalive-min-time=1m30s", { grpcKeepaliveMinMs: 90_000 }],
    ["--backend-batch-interval=1.5ms", { backendBatchIntervalMs: 1.5 }],
    ["--backend-bbolt-freelist-type=map", { backendFreelistType: "hashmap" }],
    [
      "--listen-peer-urls=http://127.0.0.1:2,http://127.0.0.1:1,http://127.0.0.1:2",
      { listenPeerUrls: ["http://127.0.0.1:1", "http://127.0.0.1:2"] },
    ],
    ["--listen-peer-urls=", { listenPeerUrls: [] }],
    ["--name=m1", { name: "m1", dataDir: "m1.etcd" }],
    ["--data-dir=/d", { dataDir: "/d" }],
    [
      "--feature-gates=LeaseCheckpoint=true,PriorityRequest=false",
      { featureGates: { LeaseCheckpoint: true, PriorityRequest: false } },
    ],
  ])("takes %s", (arg, expected) => {
    expect(settings([arg]).config).toMatchObject(expected);
  });

  it.each([
    ["--experimental-watch-progress-notify-interval=5s", { watchProgressNotifyIntervalMs: 5_000 }],
    ["--experimental-compaction-batch-limit=7", { compactionBatchLimit: 7 }],
    ["--experimental-initial-corrupt-check", { featureGates: { InitialCorruptCheck: true } }],
    ["--enable-v2=true", {}],
    ["--max-snapshots=7", { maxSnapshots: 7 }],
    ["--v2-deprecation=gone", {}],
  ])("takes %s of older versions, with a warning", (arg, expected) => {
    const { config, notes } = settings(["--name=x", arg]);
    expect(config).toMatchObject(expected);
    expect(notes.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it("takes the flags of etcd 2 silently", () => {
    expect(settings(["--name=x", "--force", "-vv", "--snapshot=3"]).notes).toEqual([]);
  });

  it.each([
    ["INFO", "info"],
    ["Warning", "warn"],
    ["DPANIC", "dpanic"],
    ["", "info"],
  ] as const)("takes the log level %j in zap's forms", (text, level) => {
    expect(settings([`--log-level=${text}`]).log.level).toBe(level);
    expect(settings([], { ETCD_LOG_LEVEL: text }).log.level).toBe(level);
    expect(settings(["--config-file=c"], {}, `log-level: "${text}"`).log.level).toBe(level);
    expect(failure(["--log-level=trace"]).message).toContain("expected one of debug, info");
  });

  it("takes words that etcd takes for the default, with a warning", () => {
    for (const arg of ["--metrics=full", "--backend-bbolt-freelist-type=MAP"]) {
      const { config, notes } = settings(["--name=x", arg]);
      expect(config).toMatchObject({ metrics: "basic", backendFreelistType: "hashmap" });
      expect(notes.map(({ message }) => message)).toEqual(["unknown value, taken for the default"]);
    }
    expect(settings(["--log-format="]).log.format).toBe("json");
    expect(settings([]).log.format).toBe("auto");
  });

  it("takes URLs by Go's rules: schemes in any case, a user, a query", () => {
    const { config } = settings([
      "--listen-client-urls=HTTP://127.0.0.1:1,UNIX:///run/etcd",
      "--advertise-client-urls=Http://LOCALHOST:2,http://u:p@h:3,http://h:4?x,http://h:5#y",
    ]);
    expect(config.listenClientUrls).toEqual(["http://127.0.0.1:1", "unix:///run/etcd"]);
    expect(config.advertiseClientUrls).toEqual([
      "http://LOCALHOST:2",
      "http://h:4?x",
      "http://h:5#y",
      "http://u:p@h:3",
    ]);
  });

  it.each([
    ["--nam=x", "flag provided but not defined: -nam", "Did you mean --name?"],
    ["--listen-client-url=x", "-listen-client-url", "Did you mean --listen-client-urls?"],
    ["--qqqqqqqqqqqq", "flag provided but not defined: -qqqqqqqqqqqq", "nodetcd --help"],
    [
      "--snapshot-count=abc",
      'invalid value "abc" for flag -snapshot-count: expected a whole number',
      "",
    ],
    ["--snapshot-count=-1", "of 0 or more", ""],
    ["--heartbeat-interval=+5", "of 0 or more", ""],
    ["--quota-backend-bytes=1e3", "expected a whole number", ""],
    ["--max-concurrent-streams=99999999999", "from 0 to 4294967295", ""],
    ["--snapshot-count", "flag needs an argument: -snapshot-count", ""],
    ["--force-new-cluster=maybe", "expected true or false", ""],
    ["--grpc-keepalive-min-time=5", "with a unit", ""],
    ["--initial-cluster-state=bad", "expected one of new, existing", ""],
    ["--listen-client-urls=foo", "URL scheme must be http, https, unix, or unixs: foo", ""],
    ["--listen-client-urls=http://127.0.0.1", 'does not have the form "host:port"', ""],
    ["--listen-client-urls=http://127.0.0.1:1/", "must not contain a path", ""],
    ["--listen-client-urls=unix:name", "names no socket file: unix:name; write unix:///path", ""],
    ["--listen-metrics-urls=unix://", "names no socket file", ""],
    ["--listen-client-urls=unixs:name", "names no socket file", ""],
    ["--feature-gates=Foo=true", "unrecognized feature gate: Foo", ""],
    ["---name", "bad flag syntax: ---name", ""],
    ["--discovery=https://discovery.example", "discovery", "--discovery-token"],
  ])("refuses %s with exit code 2, and says why", (arg, problem, advice) => {
    const error = failure([arg]);
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain(problem);
    expect(error.advice).toContain(advice);
  });

  it("takes origins with a port, or all, and hosts", () => {
    const { cors, hostWhitelist } = settings([
      "--cors=http://b:80,https://a:443",
      "--host-whitelist=b,a",
    ]).config;
    expect([cors, hostWhitelist]).toEqual([
      ["http://b:80", "https://a:443"],
      ["a", "b"],
    ]);
    expect(settings([]).config).toMatchObject({ cors: ["*"], hostWhitelist: ["*"] });
    expect(failure(["--cors=http://ok.example"]).message).toContain("host:port");
    expect(failure(["--cors="]).message).toContain("expected * or URLs");
  });

  it("takes all of TLS, as flags and as sections of the file", () => {
    const args = [
      "--cert-file=a.crt --key-file=a.key --client-cert-auth --trusted-ca-file=ca.crt",
      "--client-cert-allowed-hostname=b,a --client-crl-file=l.crl --peer-auto-tls",
      "--peer-cert-allowed-cn=u,v --peer-skip-client-san-verification --self-signed-cert-validity=3",
      "--cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 --tls-min-version=TLS1.3",
    ];
    const tls = {
      clientTls: {
        certFile: "a.crt",
        keyFile: "a.key",
        clientCertAuth: true,
        trustedCaFile: "ca.crt",
        allowedHostnames: ["a", "b"],
      },
      peerTls: { autoTls: true, allowedCommonNames: ["u", "v"], skipClientSanVerification: true },
      selfSignedCertValidity: 3,
      cipherSuites: ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
      tlsMinVersion: "TLS1.3",
    };
    const { config } = settings(args.join(" ").split(" "));
    expect(config).toMatchObject({ ...tls, clientTls: { ...tls.clientTls, crlFile: "l.crl" } });
    const file = `
client-transport-security:
  cert-file: a.crt
  key-file: a.key
  client-cert-auth: true
  trusted-ca-file: ca.crt
  allowed-hostname: a,b
peer-transport-security:
  auto-tls: true
  allowed-cn: [u, v]
  skip-client-san-verification: true
self-signed-cert-validity: 3
cipher-suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
tls-min-version: TLS1.3
`;
    expect(settings(["--config-file=c"], {}, file).config).toMatchObject(tls);
  });

  it("takes unix sockets to listen on, and any scheme to be told of", () => {
    const { config } = settings([
      "--listen-client-urls=unix:///run/etcd,unix://localhost:1234,unix:/run/b",
      "--advertise-client-urls=unix:name,https://etcd.example:443,unixs:///x",
      "--listen-peer-urls=unix://etcd.unix:1",
      "--initial-advertise-peer-urls=unix://etcd.unix:1",
    ]);
    expect(config.listenClientUrls).toEqual([
      "unix:///run/etcd",
      "unix://localhost:1234",
      "unix:/run/b",
    ]);
    expect(config.advertiseClientUrls).toEqual([
      "https://etcd.example:443",
      "unix:name",
      "unixs:///x",
    ]);
    expect(config.listenPeerUrls).toEqual(["unix://etcd.unix:1"]);
  });

  it.each([
    [["positional"], '"positional" is not a valid flag'],
    [["--strict-reconfig-check", "false"], '"false" is not a valid flag'],
    [["--", "--name"], '"--name" is not a valid flag'],
    [["--heartbeat-interval=5000"], "at least as 5 times"],
    [["--election-timeout=60000"], "is too long"],
    [["--listen-client-urls=http://127.0.0.1:1"], "--advertise-client-urls is required"],
    [["--listen-peer-urls=http://example.com:1"], "expected IP in URL for binding"],
    [["--initial-advertise-peer-urls=http://:1"], "unexpected empty host"],
    [["--config-file=/none"], "cannot read configuration file /none"],
    [["--feature-gates=LeaseCheckpointPersist=true"], "requires enabling feature gate"],
    [["--discovery-token=a"], "both --discovery-token and --discovery-endpoints must be set"],
    [
      ["--discovery-srv=a", "--initial-cluster=a=http://b:1"],
      "multiple discovery or bootstrap flags are set",
    ],
  ])("refuses %j with exit code 1", (args, problem) => {
    const error = failure(args);
    expect(error.exitCode).toBe(1);
    expect(error.message).toContain(problem);
  });

  it("answers help and version before anything is checked", () => {
    expect(read(["--help"]).kind).toBe("help");
    expect(read(["-h"]).kind).toBe("help");
    expect(read(["--version"]).kind).toBe("version");
    expect(read(["-version", "--heartbeat-interval=5000"]).kind).toBe("version");
    expect(read(["--version=false"]).kind).toBe("serve");
  });
});

describe("readEnvironment", () => {
  it("takes values that no flag gives, and logs them", () => {
    const { config, notes } = settings([], { ETCD_NAME: "x", ETCD_SNAPSHOT_COUNT: "5", PATH: "/" });
    expect(config).toMatchObject({ name: "x", snapshotCount: 5, dataDir: "x.etcd" });
    expect(notes).toContainEqual({
      level: "info",
      message: "recognized and used environment variable",
      fields: { "variable-name": "ETCD_NAME", "variable-value": "x" },
    });
  });

  it("maps variables of older versions like their flags", () => {
    const { config } = settings([], { ETCD_EXPERIMENTAL_WATCH_PROGRESS_NOTIFY_INTERVAL: "5s" });
    expect(config.watchProgressNotifyIntervalMs).toBe(5_000);
  });

  it("passes over what older versions had, and names that only look like a flag's", () => {
    const { config, notes } = settings(["--name=x"], {
      ETCD_PROXY: "on",
      ETCD_EXPERIMENTAL_COMPACTION_BATCH_LIMIT: "many",
      ETCD_max_wals: "9",
    });
    expect(config.maxWals).toBe(5);
    expect(notes.map(({ level, fields }) => [level, ...Object.values(fields)])).toEqual([
      ["warn", "ETCD_PROXY"],
      ["warn", "ETCD_EXPERIMENTAL_COMPACTION_BATCH_LIMIT"],
      ["warn", "ETCD_max_wals=9"],
    ]);
  });

  it("refuses a variable beside its flag, equal or not", () => {
    for (const value of ["x", "y", ""]) {
      const error = failure(["--name=x"], { ETCD_NAME: value });
      expect(error.exitCode).toBe(1);
      expect(error.message).toContain("conflicting environment variable ETCD_NAME");
    }
  });

  it("refuses bad values with exit code 1 and names the variable", () => {
    const error = failure([], { ETCD_SNAPSHOT_COUNT: "abc" });
    expect(error.exitCode).toBe(1);
    expect(error.message).toContain('invalid value "abc" for ETCD_SNAPSHOT_COUNT');
  });

  it("warns about unknown variables, and about empty ones, which count as not set", () => {
    const { notes, config } = settings(["--name=x"], { ETCD_NOSUCH: "1", ETCD_SNAPSHOT_COUNT: "" });
    expect(config.snapshotCount).toBe(10_000);
    const message = "unrecognized environment variable";
    expect(notes).toEqual(
      ["ETCD_NOSUCH=1", "ETCD_SNAPSHOT_COUNT="].map((text) => ({
        level: "warn",
        message,
        fields: { "environment-variable": text },
      })),
    );
  });
});

describe("readConfigFile", () => {
  const file = `
name: filed
snapshot-count: 7
watch-progress-notify-interval: 5000000000
auto-compaction-retention: "1"
listen-client-urls: http://127.0.0.1:1,http://127.0.0.1:2
advertise-client-urls: http://127.0.0.1:1
log-outputs: [stderr, /tmp/x.log]
pre-vote: false
client-transport-security:
  cert-file: ""
  client-cert-auth: false
`;

  it("replaces flags and environment, with nanoseconds for durations", () => {
    const { config, log } = settings(
      ["--config-file=c.yaml", "--name=flag", "--max-wals=9"],
      { ETCD_MAX_SNAPSHOTS: "9", ETCD_NAME: "env" },
      file,
    );
    expect(config).toMatchObject({
      name: "filed",
      dataDir: "filed.etcd",
      snapshotCount: 7,
      watchProgressNotifyIntervalMs: 5_000,
      autoCompactionRetention: "1",
      listenClientUrls: ["http://127.0.0.1:1", "http://127.0.0.1:2"],
      preVote: false,
      maxWals: 5,
      maxSnapshots: 5,
    });
    expect(log.outputs).toEqual(["stderr", "/tmp/x.log"]);
  });

  it("is found by ETCD_CONFIG_FILE, and may be JSON", () => {
    const { config } = settings([], { ETCD_CONFIG_FILE: "c.json" }, '{"name": "j", "max-wals": 2}');
    expect(config).toMatchObject({ name: "j", maxWals: 2 });
  });

  it("is the first document of several, and may be empty", () => {
    const { config, notes } = settings(["--config-file=c"], {}, "---\nname: a\n---\nname: b\n");
    expect(config.name).toBe("a");
    expect(notes.map(({ message }) => message)).toContain(
      "only the first document of the configuration file is read",
    );
    for (const content of ["", "# nothing", "---\n"]) {
      expect(settings(["--config-file=c"], {}, content).config.name).toBe("default");
    }
    const ended = settings(["--config-file=c"], {}, "name: a\n...\n");
    expect(ended.notes.map(({ level }) => level)).not.toContain("warn");
  });

  it("takes keys that every object inherits for keys that do not exist", () => {
    const file = '{"__proto__":{"x":1},"constructor":{"y":1},"name":"x"}';
    const { notes } = settings(["--config-file=c"], {}, file);
    expect(notes.map(({ fields }) => fields["key"])).toEqual(
      expect.arrayContaining(["__proto__", "constructor"]),
    );
  });

  it.each([
    ["name: 2024-01-01", { name: "2024-01-01" }],
    ["name: 2024-01-01T00:00:00Z", { name: "2024-01-01T00:00:00Z" }],
    ["name: 1:30", { name: "1:30" }],
    ["name: !!binary aGk=", { name: "hi" }],
    ["name: a\nname: b", { name: "b" }],
    ["Snapshot-Count: 7", { snapshotCount: 7 }],
    ["snapshot-count: 0o10", { snapshotCount: 8 }],
    ["snapshot-count: 0x1F", { snapshotCount: 31 }],
    ["snapshot-count: 1e3", { snapshotCount: 1_000 }],
    ["quota-backend-bytes: 9223372036854775807", { quotaBackendBytes: Number.MAX_SAFE_INTEGER }],
    ["strict-reconfig-check: on", { strictReconfigCheck: true }],
    ["strict-reconfig-check: off", { strictReconfigCheck: false }],
    ["<<: {snapshot-count: 5}", { snapshotCount: 5 }],
  ])("reads %j as etcd's parser does", (content, expected) => {
    expect(settings(["--config-file=c"], {}, content).config).toMatchObject(expected);
  });

  it("starts from a file that has all of etcd's keys, those of older versions too", () => {
    const file = `
name: 'default'
data-dir:
wal-dir:
snapshot-count: 10000
quota-backend-bytes: 0
listen-peer-urls: http://localhost:2380
listen-client-urls: http://localhost:2379
cors:
initial-advertise-peer-urls: http://localhost:2380
advertise-client-urls: http://localhost:2379
discovery:
discovery-fallback: 'proxy'
discovery-proxy:
discovery-srv:
initial-cluster:
strict-reconfig-check: false
enable-v2: maybe
enable-pprof: true
proxy: off
proxy-failure-wait: 5000
experimental-compaction-batch-limit: many
client-transport-security:
  cert-file:
  client-cert-auth: false
  auto-tls: false
self-signed-cert-validity: 1
log-level: debug
logger: zap
log-outputs: [stderr]
auto-compaction-retention: "1"
cipher-suites: [
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
]
tls-min-version: 'TLS1.2'
tls-max-version: 'TLS1.3'
`;
    const { config, notes } = settings(["--config-file=c"], {}, file);
    expect(config).toMatchObject({ strictReconfigCheck: false, autoCompactionRetention: "1" });
    const ignored = notes.filter(({ message }) => message.includes("older etcd"));
    expect(ignored.map(({ fields }) => fields["key"])).toEqual([
      "enable-v2",
      "proxy",
      "experimental-compaction-batch-limit",
    ]);
  });

  it("warns about unknown keys", () => {
    const { notes } = settings(["--config-file=c"], {}, "name: x\nsnapshot-cuont: 3\n");
    expect(notes.map(({ fields }) => fields)).toContainEqual({
      key: "snapshot-cuont",
      "did-you-mean": "snapshot-count",
    });
  });

  it.each([
    ["snapshot-count: -4", "of 0 or more", 1],
    ["heartbeat-interval: abc", "expected a number", 1],
    ["watch-progress-notify-interval: 10s", "whole number of nanoseconds", 1],
    ["pre-vote: 1", "expected true or false", 1],
    ["- a", "expected keys", 1],
    ["initial-cluster-token: 010", "expected text, found number; put it into quotes", 1],
    ["log-outputs: [stderr, 3]", "expected text, found number", 1],
    ["name: a\n\tb: c", "at line 2, column 1", 1],
    ["a: &a [*b]", "configuration file c", 1],
    ["a: [", "configuration file c", 1],
    ["client-transport-security: 3", "invalid client-transport-security", 1],
  ])("refuses %j", (content, problem, exitCode) => {
    const error = failure(["--config-file=c"], {}, content);
    expect(error.message).toContain(problem);
    expect(error.exitCode).toBe(exitCode);
  });
});

describe("Go's values", () => {
  it("parseDuration reads what time.ParseDuration reads", () => {
    const table: [string, number][] = [
      ["0", 0],
      ["5s", 5_000],
      ["1h30m", 5_400_000],
      ["-1.5h", -5_400_000],
      ["1us", 0.001],
      [".5s", 500],
      ["1.s", 1_000],
    ];
    for (const [text, ms] of table) expect(parseDuration(text), text).toBeCloseTo(ms, 9);
    for (const text of ["", "5", "s", "5 s", "1d", "1s2", "."]) {
      expect(() => parseDuration(text), text).toThrow("unit");
    }
  });

  it("parseWholeNumber keeps to the bounds and clamps to safe integers", () => {
    expect(parseWholeNumber("-0x10", INT64)).toBe(-16);
    expect(parseWholeNumber("9223372036854775807", INT64)).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => parseWholeNumber("9223372036854775808", INT64)).toThrow("from");
    for (const text of ["", "_1", "1_", "1__0", "0x", "08", "1.0", " 1"]) {
      expect(() => parseWholeNumber(text, UINT64), text).toThrow("whole number");
    }
  });

  it("findFlag knows no experimental form of its own flags", () => {
    expect(findFlag("experimental-version")).toBeUndefined();
    expect(findFlag("experimental-nosuch")).toBeUndefined();
  });
});
