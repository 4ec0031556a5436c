/**
 * Runs one member until it is told to stop: `npx tsx run-member.ts <data-dir> <port> [options as JSON]`.
 */
import { nodeRuntime } from "@nodetcd/runtime/node";
import { defaultConfig, startMember } from "@nodetcd/server";

const [dataDir = "bench.etcd", port = "2379", options = "{}"] = process.argv.slice(2);
const line =
  (level: string) =>
  (message: string, fields: object = {}): void => {
    const text = JSON.stringify(fields, (_, value: unknown) =>
      typeof value === "bigint" ? value.toString() : value,
    );
    console.error(level, message, text);
  };
const logger = {
  debug: (): void => undefined,
  info: line("info"),
  warn: line("warn"),
  error: line("error"),
};
const member = await startMember(
  nodeRuntime,
  {
    ...defaultConfig,
    dataDir,
    listenClientUrls: [`http://127.0.0.1:${port}`],
    listenPeerUrls: [],
    ...(JSON.parse(options) as object),
  },
  logger,
);
const stop = (): void => void member.stop().then(() => process.exit(0));
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
const error = await member.failed;
console.error("failed:", error.message);
process.exit(3);
