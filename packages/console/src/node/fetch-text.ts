import { request } from "node:http";
import type { FetchText } from "../members/ask-members.ts";
import { METRICS_BYTES } from "../limits.ts";

/** Reads an http address, in time and within the limit. */
export const fetchText: FetchText = (url, timeoutMs) =>
  new Promise((resolve, reject) => {
    if (!url.startsWith("http://")) {
      reject(new Error("only http:// is read"));
      return;
    }
    const signal = AbortSignal.timeout(timeoutMs);
    const ask = request(url, { signal }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        reject(new Error(`HTTP ${response.statusCode}`));
        return;
      }
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > METRICS_BYTES) ask.destroy(new Error(`more than ${METRICS_BYTES} bytes`));
      });
      response.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
      response.on("error", reject);
    });
    ask.on("error", (error) => reject(signal.aborted ? new Error("no answer in time") : error));
    ask.end();
  });
