import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const conditions = ["@nodetcd/source", "node", "import", "default"];

/**
 * Tests that wait for whole programs and clusters: their starts, deaths, elections and leases, in real
 * time. `npm run prove -- programs` runs them; all others are `npm test`.
 */
const PROGRAMS = [
  "packages/bolt/test/interop.test.ts",
  "packages/cli/test/bad-start.test.ts",
  "packages/cli/test/bolt/against-bbolt.test.ts",
  "packages/cli/test/compactor.test.ts",
  "packages/cli/test/console.test.ts",
  "packages/cli/test/descriptors.test.ts",
  "packages/cli/test/gateway.test.ts",
  "packages/cli/test/log-lines.test.ts",
  "packages/cli/test/main.test.ts",
  "packages/cli/test/npm-start.test.ts",
  "packages/cli/test/try.test.ts",
  "packages/cli/test/unix-socket.test.ts",
  "packages/cli/test/utl.test.ts",
  "packages/client/test/frozen.test.ts",
  "packages/client/test/real-cluster.test.ts",
  "packages/client/test/real-etcd.test.ts",
  "packages/client/test/tls.test.ts",
  "packages/jobs/test/controllers/real-etcd.test.ts",
  "packages/jobs/test/kubectl/*.test.ts",
  "packages/jobs/test/runner/worker.test.ts",
  "packages/messages/test/real-etcd.test.ts",
  "packages/nodetcd/test/start-cluster.test.ts",
  "packages/peers/test/real-etcd.test.ts",
  "packages/server/test/cluster.test.ts",
  "packages/wal/test/etcd-files.test.ts",
  "packages/wal/test/later-etcd.test.ts",
  "tests/unit/readme.test.ts",
];

const TESTS = [
  "packages/*/test/**/*.test.ts",
  "tests/unit/**/*.test.ts",
  "scripts/test/**/*.test.ts",
];

/** Tests run from source; nothing has to be built first. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    reporters: ["default", "./scripts/missing-reporter.ts"],
    projects: [
      { extends: true, test: { name: "unit", include: TESTS, exclude: PROGRAMS } },
      { extends: true, test: { name: "programs", include: PROGRAMS } },
    ],
    // One more than there are processors: many tests wait for a disk or for a timer.
    maxWorkers: availableParallelism() + 1,
    // Only against a hang: a machine with much else to do takes many times longer.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 150_000, interval: 20 } },
  },
});
