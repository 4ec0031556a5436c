import { METHODS } from "@nodetcd/messages";
import { Connection, type RpcStream } from "../../rpc.ts";

/** Bytes that the server can send to somebody who reads nothing. */
const WINDOW_BYTES = 65_535;

/** A watch over all keys from the first revision, whose reader reads nothing until `end`. */
export class SlowWatcher {
  readonly #connection: Connection;
  readonly #stream: RpcStream;
  readonly #ended: Promise<string>;

  constructor(url: string) {
    const { path, request, response } = METHODS.Watch.Watch;
    let resolve!: (how: string) => void;
    this.#ended = new Promise((take) => (resolve = take));
    this.#connection = new Connection(url, WINDOW_BYTES);
    this.#stream = this.#connection.open(
      path,
      (message) => {
        const { canceled, compactRevision } = response.decode(message);
        if (canceled) resolve(Number(compactRevision) > 0 ? "compacted" : "canceled");
      },
      ({ message }) => resolve(message),
    );
    this.#stream.pause();
    const all = { key: Buffer.of(0), rangeEnd: Buffer.of(0), startRevision: 1 };
    this.#stream.send(request.encode({ createRequest: all }));
  }

  /** Reads all that has come, and how the watch ends: "compacted" when it was cut off by a compaction. */
  async end(): Promise<string> {
    this.#stream.resume();
    try {
      return await this.#ended;
    } finally {
      this.#connection.close();
    }
  }
}
