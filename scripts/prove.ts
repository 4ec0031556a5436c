/**
 * Runs one of the longer proofs: `npm run prove -- NAME [arguments]`; without a name it lists them. Each says
 * what it missed, and ends with another status than 0 when something is wrong. See tests/README.md.
 */
import { spawn, spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

interface Proof {
  readonly what: string;
  /** A TypeScript program, or a shell script. */
  readonly file: string;
  /** It needs the built program and pages. */
  readonly built?: true;
}

const PROOFS: Readonly<Record<string, Proof>> = {
  programs: { what: "the tests that wait for whole programs", file: "tests/programs.sh" },
  settings: {
    what: "flags, environments and files that etcd starts with",
    file: "tests/settings/run.ts",
  },
  random: { what: "the random tests with ten times as many cases", file: "tests/random.sh" },
  conformance: { what: "etcdctl on both servers, equal output", file: "tests/conformance/run.ts" },
  "conformance-utl": {
    what: "etcdutl on files of both servers, equal output",
    file: "tests/conformance/utl.ts",
  },
  differential: { what: "random programs on both servers", file: "tests/differential/run.ts" },
  "hash-histories": {
    what: "HashKV of compacted histories",
    file: "tests/space/hash-histories.ts",
  },
  "file-growth": { what: "overwriting with slow backups open", file: "tests/space/file-growth.ts" },
  compactors: { what: "several compactors on one cluster", file: "tests/space/compactors.ts" },
  extremes: { what: "requests that no client sends", file: "tests/extremes/run.ts" },
  interop: { what: "other clients, files and programs", file: "tests/interop/run.ts" },
  tls: { what: "TLS, certificates and users beside etcd", file: "tests/security/tls.ts" },
  "users-mixed": {
    what: "users in clusters of etcd and nodetcd, over TLS",
    file: "tests/security/mixed.ts",
  },
  matrix: { what: "every method by every kind of caller", file: "tests/security/matrix.ts" },
  packages: {
    what: "what is published, installed and used",
    file: "tests/packages/run.ts",
    built: true,
  },
  platforms: {
    what: "the tarball with busybox, without rights, read-only",
    file: "tests/packages/platforms.ts",
    built: true,
  },
  examples: {
    what: "examples and recipes on Node 20, 22, 24, 26",
    file: "tests/packages/examples.ts",
    built: true,
  },
  members: {
    what: "200 members in one process, 50 test files at once",
    file: "tests/packages/members.ts",
    built: true,
  },
  handshakes: { what: "10,000 hostile handshakes", file: "tests/security/handshakes.ts" },
  crash: { what: "kill -9 under load", file: "tests/crash/run.ts" },
  "crash-watches": { what: "watches over deaths of the server", file: "tests/crash/watches.ts" },
  "crash-stop": { what: "stopping under load", file: "tests/crash/stop.ts" },
  "crash-stopped": { what: "a process that stands still", file: "tests/crash/stopped.ts" },
  "crash-frozen-disk": { what: "a disk that does not answer", file: "tests/crash/frozen-disk.ts" },
  "crash-faults": { what: "a disk whose calls fail", file: "tests/crash/faults/run.ts" },
  "crash-full-disk": { what: "a full disk", file: "tests/crash/full-disk.ts" },
  "crash-torn-tail": { what: "the end of the log torn", file: "tests/crash/torn-tail.ts" },
  "crash-simulated": { what: "every crash point of one member", file: "tests/simulation/run.ts" },
  "cluster-failures": { what: "three members that fail", file: "tests/clusters/failures.ts" },
  "jobs-export": {
    what: "what Jobs export is taken by a real kube-apiserver",
    file: "tests/jobs/export/run.ts",
  },
  "jobs-failures": {
    what: "controllers and workers of Jobs on three members, killed at random",
    file: "tests/jobs/failures/run.ts",
  },
  "cluster-mixed": { what: "nodetcd and etcd in one cluster", file: "tests/clusters/mixed.ts" },
  "cluster-checklist": {
    what: "what members of a cluster do, on etcd, nodetcd and both",
    file: "tests/clusters/checklist/run.ts",
  },
  "cluster-behind": {
    what: "a member far behind comes back under load, measured",
    file: "tests/clusters/behind.ts",
  },
  "cluster-snapshot-faults": {
    what: "deaths and standstills in the middle of a snapshot between members",
    file: "tests/clusters/snapshot-faults.ts",
  },
  "cluster-discovery": {
    what: "clusters that find each other by DNS",
    file: "tests/clusters/discovery.ts",
  },
  "cluster-documented": {
    what: "the commands of docs/clusters.md",
    file: "tests/clusters/documented.ts",
  },
  "cluster-simulated": {
    what: "whole clusters on virtual time, disks and network",
    file: "tests/simulation/cluster/run.ts",
  },
  "cluster-planted": {
    what: "bugs of Raft planted for simulated clusters",
    file: "tests/simulation/cluster/planted.ts",
  },
  "kill-upkeep": {
    what: "kill -9 while compacting and defragmenting",
    file: "tests/space/kill-upkeep.ts",
  },
  "million-puts": {
    what: "size of the file after a million puts, and the restart, beside etcd",
    file: "tests/space/million-puts.ts",
  },
  "no-space": {
    what: "the quota reached, and left by hand and by itself",
    file: "tests/space/no-space.ts",
  },
  corruption: { what: "who of a mixed cluster is corrupt", file: "tests/space/corruption.ts" },
  robustness: { what: "etcd's own robustness tests", file: "tests/robustness/run.sh" },
  kubernetes: { what: "Kubernetes' tests of its storage", file: "tests/kubernetes/run.sh" },
  "kubernetes-control-plane": {
    what: "a control plane and kubectl",
    file: "tests/kubernetes/run-control-plane.ts",
  },
  "jobs-annotations": {
    what: "annotations of CronJobs by a clock that runs fast",
    file: "tests/jobs/annotations/run.ts",
  },
  "jobs-etcd-users": {
    what: "Jobs on real etcd with certificates, users and a role",
    file: "tests/jobs/etcd-users/run.ts",
  },
  "jobs-containers": {
    what: "pods of nodetcd jobs that Docker or Podman runs",
    file: "tests/jobs/containers/run.ts",
  },
  "jobs-e2e": {
    what: "Kubernetes' own specs of Jobs and CronJobs on nodetcd jobs",
    file: "tests/jobs/e2e/run.ts",
  },
  "jobs-oracle": {
    what: "random Jobs and CronJobs beside Kubernetes' controllers",
    file: "tests/jobs/oracle/run.ts",
  },
  "jobs-kubectl": {
    what: "kubectl on Kubernetes and on nodetcd jobs, equal output",
    file: "tests/jobs/kubectl/run.ts",
  },
  "jobs-client-node": {
    what: "Kubernetes' client for Node on nodetcd jobs",
    file: "tests/jobs/client-node/run.ts",
  },
  documents: { what: "what the documents tell operators to do", file: "tests/documents/run.ts" },
  monitoring: {
    what: "Prometheus with dashboards and alerts, etcd's own too",
    file: "tests/monitoring/run.ts",
  },
  patroni: { what: "Patroni and PostgreSQL fail over on a member", file: "tests/patroni/run.ts" },
  "raft-scenarios": { what: "scenario files of raft", file: "packages/raft/scenarios/run.ts" },
  "raft-schedules": { what: "random schedules of raft", file: "packages/raft/schedules/run.ts" },
  console: { what: "the console in a real Chromium", file: "tests/browser/run.ts", built: true },
  "console-ill": {
    what: "the console's wizards on clusters that are ill",
    file: "tests/browser/ill/run.ts",
    built: true,
  },
  "console-pictures": {
    what: "pictures of every page",
    file: "tests/browser/screenshots.ts",
    built: true,
  },
  "console-lighthouse": {
    what: "Lighthouse on every page of the console",
    file: "tests/browser/lighthouse.ts",
    built: true,
  },
  "console-large": {
    what: "the console on a million keys",
    file: "tests/browser/large.ts",
    built: true,
  },
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [name = "", ...args] = process.argv.slice(2);
const proof = Object.hasOwn(PROOFS, name) ? PROOFS[name] : undefined;
if (proof === undefined) {
  const width = Math.max(...Object.keys(PROOFS).map((each) => each.length));
  const rows = Object.entries(PROOFS).map(([each, { what }]) => `  ${each.padEnd(width)}  ${what}`);
  console.log(["npm run prove -- NAME [arguments]", "", ...rows].join("\n"));
  if (name !== "") console.error(`\nprove: there is no proof "${name}"`);
  process.exit(name === "" ? 0 : 2);
}
if (proof.built === true) {
  const built = spawnSync("npm", ["run", "-s", "build"], { cwd: root, stdio: "inherit" });
  if (built.status !== 0) process.exit(built.status ?? 1);
}
const [program, ...first] = proof.file.endsWith(".sh")
  ? ["sh", proof.file]
  : [process.execPath, "--conditions=@nodetcd/source", "--import", "tsx", proof.file];
const child = spawn(program!, [...first, ...args], { cwd: root, stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => process.exit(code ?? 1));
