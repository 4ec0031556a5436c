import { ApiError, isApiReason, type Status } from "../errors.ts";
import { getWithSharedKey, type SharedKeyAnswer } from "../http/shared-key.ts";
import { WORKER_ANSWER_MS, WORKER_REFUSAL_BYTES_MAX } from "../limits.ts";
import type { LogRequest, LogSource, OwnLogs } from "../log-source.ts";
import { logPath } from "../runner/serve-logs.ts";
import { WORKERS, type WorkerRecord } from "../runner/worker-record.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** The logs of all nodes: those of the worker in this process from its files, those of others from their workers. */
export class NodeLogs implements LogSource {
  readonly #store: ObjectStore;
  readonly #own: OwnLogs | undefined;

  constructor(store: ObjectStore, own: OwnLogs | undefined) {
    this.#store = store;
    this.#own = own;
  }

  async open(request: LogRequest): Promise<AsyncIterable<Uint8Array>> {
    const { nodeName } = request;
    if (nodeName === this.#own?.nodeName) return await this.#own.open(request);
    const worker = await this.#store.find(WORKERS, "", nodeName);
    if (worker === undefined) throw unreachable(nodeName, "its worker does not run");
    const { status, body } = await ask(worker, request);
    if (status === 200) return body;
    throw await refusal(nodeName, status, body);
  }
}

async function ask(worker: WorkerRecord, request: LogRequest): Promise<SharedKeyAnswer> {
  const { address: host, port, key } = worker.spec;
  try {
    return await getWithSharedKey({
      host,
      port,
      key: Buffer.from(key, "base64"),
      path: logPath(request),
      signal: request.signal,
      timeoutMs: WORKER_ANSWER_MS,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw unreachable(request.nodeName, `${host}:${port}: ${why}`, error);
  }
}

function unreachable(nodeName: string, why: string, cause?: unknown): ApiError {
  const message = `the logs of node "${nodeName}" cannot be read now: ${why}`;
  return new ApiError("ServiceUnavailable", message, { cause });
}

/** What the worker said, as the answer of this API. */
async function refusal(
  nodeName: string,
  status: number,
  body: AsyncIterable<Uint8Array>,
): Promise<ApiError> {
  const pieces: Uint8Array[] = [];
  let left = WORKER_REFUSAL_BYTES_MAX;
  for await (const piece of body) {
    pieces.push(piece);
    if ((left -= piece.length) < 0) break;
  }
  const text = Buffer.concat(pieces).toString();
  try {
    const { reason, message = "" } = JSON.parse(text) as Status;
    if (isApiReason(reason)) return new ApiError(reason, message);
  } catch {
    // It is no answer of a worker.
  }
  return unreachable(nodeName, `HTTP ${status}`);
}
