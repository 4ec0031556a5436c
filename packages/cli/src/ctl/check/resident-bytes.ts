import type { Session } from "../session.ts";

const NAME = "process_resident_memory_bytes";
const TIMEOUT_MS = 10_000;

/** Memory of the first endpoint's server, as its metrics say; undefined, with a line about it, when they cannot be had. */
export async function residentBytes(session: Session): Promise<number | undefined> {
  const [endpoint = ""] = session.settings.endpoints;
  const url = `${/^https?:\/\//.test(endpoint) ? "" : "http://"}${endpoint}/metrics`;
  try {
    const text = await fetchText(url);
    const value = new RegExp(`^${NAME} (\\S+)$`, "m").exec(text)?.[1];
    if (value !== undefined && Number(value) > 0) return Number(value);
    session.say(`could not find: ${NAME}`);
  } catch (error) {
    session.say(`fetch error: ${error instanceof Error ? error.message : String(error)}`);
  }
  return undefined;
}

async function fetchText(url: string): Promise<string> {
  const { request: open } = (await import(
    url.startsWith("https:") ? "node:https" : "node:http"
  )) as typeof import("node:http");
  return new Promise((resolve, reject) => {
    const call = open(url, { timeout: TIMEOUT_MS, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => resolve(Buffer.concat(chunks).toString()));
    });
    call.on("timeout", () => call.destroy(new Error(`no answer from ${url}`)));
    call.on("error", reject);
    call.end();
  });
}
