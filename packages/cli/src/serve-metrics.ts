import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CliError } from "./errors.ts";

const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** What serves `/metrics`. */
export interface MetricsServer {
  /** Undefined when nothing is served. */
  readonly url: string | undefined;
  close(): Promise<void>;
}

/**
 * Serves a page of metrics at `host:port`, or nothing when that is empty.
 *
 * @param text makes the page, in Prometheus' text format, anew for each reader
 */
export async function serveMetrics(address: string, text: () => string): Promise<MetricsServer> {
  if (address === "") return { url: undefined, close: () => Promise.resolve() };
  const match = /^(\[[^\]]+\]|[^:]*):(\d+)$/.exec(address);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new CliError(
      "USAGE",
      `"${address}" is not an address to listen on`,
      "Write host:port, such as 127.0.0.1:9100.",
    );
  }
  const host = match[1]!.replace(/^\[|\]$/g, "");
  const server = createServer((request, response) => {
    const found = request.url?.split("?")[0] === "/metrics";
    const known = request.method === "GET" || request.method === "HEAD";
    response.statusCode = found ? (known ? 200 : 405) : 404;
    response.setHeader("Content-Type", CONTENT_TYPE);
    response.end(found && known ? text() : "See /metrics\n");
  });
  await listening(server, host, port);
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${(server.address() as AddressInfo).port}/metrics`;
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new CliError(
          "BAD_CONFIGURATION",
          `cannot listen: ${error.message}`,
          "Choose another port.",
        ),
      ),
    );
    server.listen({ port, ...(host === "" ? {} : { host }) }, resolve);
  });
}
