import { defineConfig } from "vitest/config";

const conditions = ["@nodetcd/source", "node", "import", "default"];

/** Tests run from source; nothing has to be built first. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      "packages/*/test/**/*.test.ts",
      "tests/unit/**/*.test.ts",
      "scripts/test/**/*.test.ts",
    ],
    // Only against a hang: a machine with much else to do takes many times longer.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
