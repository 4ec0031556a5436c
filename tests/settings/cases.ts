/** One way to start a member: what is given beside the addresses. */
export interface Case {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Text of the configuration file, after the keys with the addresses. */
  readonly file?: string;
  /** Takes the place of the URL to listen on, or of the advertised one; `PORT` is a free port. */
  readonly listen?: string;
  readonly advertise?: string;
}

const FLAGS = `
log-level=INFO log-level=Warn log-level=dpanic log-level=warning log-level= log-level=trace log-format= metrics=
metrics=foo snapshot-count=0 snapshot-count=0x10 snapshot-count=1_000 snapshot-count=010 max-wals=0
max-snapshots=0 max-txn-ops=0 max-concurrent-streams=0 pre-vote=T pre-vote=tRUE quota-backend-bytes=+5
heartbeat-interval=0x64 grpc-keepalive-min-time=-1s grpc-keepalive-interval=0 warning-apply-duration=-1s
max-learners=0 compaction-batch-limit=-1 backend-batch-limit=-1 backend-batch-interval=-1s data-dir=
initial-cluster-token= initial-cluster-token=é wal-dir= listen-metrics-urls= cors= cors=foo cors=http://a:1
host-whitelist= auth-token= bcrypt-cost=99 auth-token-ttl=0 tls-min-version= feature-gates=
feature-gates=LeaseCheckpoint=TRUE auto-compaction-retention= downgrade-check-time=0 snapshot-catchup-entries=0
raft-read-timeout=0 self-signed-cert-validity=0 v2-deprecation=gone enable-pprof socket-reuse-port
backend-bbolt-freelist-type=MAP backend-bbolt-freelist-type= initial-cluster-state=NEW
distributed-tracing-sampling-rate=-1 watch-progress-notify-interval=-1s watch-progress-notify-interval=600h
grpc-keepalive-timeout=0s compact-hash-check-time=-1s nosuch=1`;

const VARIABLES = `
FOO=1 name=x BIN=x HELP=1 CONFIG=x V=1 EXPERIMENTAL_FOO=1 ENABLE_V2=maybe LOG_LEVEL=INFO SNAPSHOT_COUNT=
SNAPSHOT_COUNT=0 HEARTBEAT_INTERVAL=abc DEBUG=true PROXY=on EXPERIMENTAL_COMPACTION_BATCH_LIMIT=many
FORCE=x PRE_VOTE=maybe FEATURE_GATES=Foo=1 VERSION=3`;

const URLS = `
HTTP://127.0.0.1:PORT Http://LOCALHOST:PORT http://127.0.0.1:PORT/ http://127.0.0.1:PORT?x http://127.0.0.1:PORT#x
http://u:p@127.0.0.1:PORT http://127.0.0.1:0PORT http://[::1]:PORT http://127.0.0.1:PORT, http://127.1:PORT
http://127.0.0.1:PORT,HTTP://127.0.0.1:PORT http:/127.0.0.1:PORT //127.0.0.1:PORT 127.0.0.1:PORT http://127.0.0.1:`;

const SCALARS =
  `2024-01-01 2024-01-01T00:00:00Z on true 5 5.5 010 1:30 0x1f 1e3 .inf [a] {a: 1} null ~ "!!str 5" "!!binary aGk=" = << NO y`.match(
    /\{.*?\}|"[^"]*"|\S+/g,
  )!;

const FILES = [
  ...SCALARS.map((scalar) => `initial-cluster-token: ${scalar.replaceAll('"', "")}`),
  ...["0", "'5'", "5.0", "5.5", "1e3", "0x10", "010", "0o10", "1_000", "true", "-0", "~"].map(
    (scalar) => `snapshot-count: ${scalar}`,
  ),
  ...["yes", "on", "'true'", "1", "null"].map((scalar) => `strict-reconfig-check: ${scalar}`),
  ..."enable-v2: maybe|proxy: off|debug: true|discovery-fallback: proxy|foo: 1|log-level: INFO".split(
    "|",
  ),
  "snapshot-count: 5\nsnapshot-count: 6",
  "Snapshot-Count: 7",
  "experimental-compaction-batch-limit: many",
  "quota-backend-bytes: 9223372036854775807",
  "quota-backend-bytes: 9223372036854775808",
  "heartbeat-interval: 100ms",
  "watch-progress-notify-interval: 6e11",
  "grpc-keepalive-interval: 2h",
  "log-outputs: [stderr]",
  "log-outputs: [1]",
  "auto-compaction-retention: 5",
  "feature-gates: LeaseCheckpoint=true",
  "feature-gates: {LeaseCheckpoint: true}",
  "client-transport-security: {auto-tls: 'yes'}",
  "client-transport-security: {foo: 1, Auto-TLS: false}",
  "socket-options: {reuse-port: false}",
  "a: &x 1\nb: *x",
  "<<: {snapshot-count: 5}",
  "1: 2",
  "a: [",
  "name: a\n\tb: c",
  "...\n---\nsnapshot-count: 5",
  // The forms of etcd's sample file: keys without a value, quotes of both kinds, what is no longer heard of, lists over lines.
  `wal-dir:
snapshot-count: 10000
cors:
discovery:
discovery-fallback: 'proxy'
discovery-srv:
initial-cluster-state: 'new'
strict-reconfig-check: false
proxy: 'off'
proxy-failure-wait: 5000
client-transport-security:
  cert-file:
  client-cert-auth: false
peer-transport-security:
  trusted-ca-file:
  auto-tls: false
self-signed-cert-validity: 1
auto-compaction-retention: "1"
cipher-suites: [
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
]
tls-max-version: 'TLS1.3'`,
];

const words = (text: string): string[] => text.trim().split(/\s+/);

export const CASES: readonly Case[] = [
  ...words(FLAGS).map((flag) => ({ args: [`--${flag}`] })),
  ...words(VARIABLES).map((text) => {
    const [name = "", ...value] = text.split("=");
    return { environment: { [`ETCD_${name}`]: value.join("=") } };
  }),
  ...words(URLS).flatMap((url) => [{ listen: url }, { advertise: url }]),
  ...FILES.map((file) => ({ file })),
];
