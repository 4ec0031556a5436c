/** What `kubectl logs` asks of whoever ran a pod. */
export interface LogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  /** Where it runs, or ran. */
  readonly nodeName: string;
  readonly container: string;
  /** Go on with what comes until the container has ended. */
  readonly follow: boolean;
  /** Of the container's run before this one. */
  readonly previous: boolean;
  /** RFC 3339 in front of each line. */
  readonly timestamps: boolean;
  /** The last lines only. */
  readonly tailLines?: number;
  readonly limitBytes?: number;
  /** Lines not older than this wall time in milliseconds. */
  readonly sinceMs?: number;
  /** Aborted when the reader has gone. */
  readonly signal: AbortSignal;
}

/**
 * Where logs come from; the API asks it for `pods/log`. Raises `ApiError`: `NotFound` when nothing of that container
 * was kept, `BadRequest` when it has not started. Bytes are borrowed until the next piece is asked for.
 */
export interface LogSource {
  open(request: LogRequest): Promise<AsyncIterable<Uint8Array>>;
}

/** The logs that a worker keeps: those of its node. */
export interface OwnLogs extends LogSource {
  readonly nodeName: string;
}
