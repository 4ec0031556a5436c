import { defineConfig } from "vitest/config";

// One member for all files (globalSetup), or one a file (setup.js): each file of this folder uses one of them.
export default defineConfig({ test: { globalSetup: "./global-setup.js" } });
