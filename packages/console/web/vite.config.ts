import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** A running console whose API `npm run dev` uses. */
const api = process.env["NODETCD_CONSOLE"] ?? "http://127.0.0.1:2390";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Relative addresses: the pages work below any path prefix.
  base: "./",
  plugins: [react()],
  resolve: { conditions: ["@nodetcd/source", "module", "browser", "default"] },
  build: {
    outDir: fileURLToPath(new URL("../dist/web", import.meta.url)),
    emptyOutDir: true,
    // The server reads it to send along what a page needs.
    manifest: true,
    assetsInlineLimit: 0,
    target: "es2023",
    modulePreload: { polyfill: false },
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target: api, changeOrigin: true, headers: { origin: api } } },
  },
});
