/**
 * The layers: a package imports packages of lower rank only. `simulator` is for tests.
 * Kept beside the check that enforces it; `ARCHITECTURE.md` draws it.
 */
export const RANKS: Readonly<Record<string, number>> = {
  bytes: 0,
  metrics: 0,
  messages: 1,
  runtime: 1,
  certificates: 1,
  bolt: 2,
  wal: 2,
  raft: 2,
  grpc: 2,
  backend: 3,
  peers: 3,
  mvcc: 4,
  lease: 4,
  auth: 4,
  membership: 4,
  server: 5,
  client: 5,
  compactor: 6,
  jobs: 6,
  console: 6,
  nodetcd: 7,
  cli: 8,
  simulator: 9,
};

/** Imports that ranks alone would allow or forbid wrongly. */
export const ALLOWED_WITHIN_RANK: readonly string[] = ["nodetcd -> cli"];

/** What `raft` may import besides its own files. */
export const RAFT_IMPORTS: readonly string[] = ["@nodetcd/bytes", "@nodetcd/messages"];

/** Node modules that are pure computation and so need no `runtime`. */
export const PURE_NODE_MODULES: readonly string[] = [
  "node:zlib",
  "node:buffer",
  "node:util",
  "node:diagnostics_channel",
];

/** Files that take the real world where their caller gives none. */
export const WORLD_DEFAULTS: readonly string[] = [
  "packages/bolt/src/open-database.ts",
  "packages/client/src/client-options.ts",
];

/** Folders whose job is to touch the real world. */
export const WORLD_FOLDERS: readonly string[] = [
  "packages/runtime/src/node/",
  "packages/cli/src/",
  // Keys are made of the system's randomness, by node:crypto alone.
  "packages/certificates/src/",
  // Kubernetes' API is streams over HTTP/1.1; runtime offers answers in one piece only.
  "packages/jobs/src/http/",
  // Browsers need streams, files and headers that the runtime's small HTTP/1 server does not have.
  "packages/console/src/node/",
  // A worker starts processes, finds them again in /proc, and keeps their logs and volumes.
  "packages/jobs/src/runner/process/",
];
