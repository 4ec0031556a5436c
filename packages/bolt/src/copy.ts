import type { DiskFile } from "@nodetcd/runtime";
import { BoltError } from "./errors.ts";
import { WRITE_RUN_BYTES } from "./limits.ts";
import { type Meta, metaPage } from "./meta.ts";
import { requireOpen, type TransactionState } from "./transaction-state.ts";

/**
 * Both metas of the copy say what the transaction sees; the second is one transaction older, so that
 * the first is the current one whatever the file that was copied did meanwhile.
 */
function copiedMetas(base: Meta): [Uint8Array, Uint8Array] {
  return [metaPage(base, 0), metaPage({ ...base, txid: Math.max(0, base.txid - 1) }, 1)];
}

export function copyToFile(from: DiskFile, state: TransactionState, to: DiskFile): void {
  const { base, pageSize } = state;
  const size = base.highWater * pageSize;
  const buffer = new Uint8Array(WRITE_RUN_BYTES);
  for (let position = 2 * pageSize; position < size;) {
    const chunk = buffer.subarray(0, Math.min(buffer.length, size - position));
    zeroRest(chunk, from.read(chunk, position));
    to.write(chunk, position);
    position += chunk.length;
  }
  const [first, second] = copiedMetas(base);
  to.write(first, 0);
  to.write(second, pageSize);
}

export async function* copyState(
  from: DiskFile,
  state: TransactionState,
  chunkBytes: number,
): AsyncGenerator<Uint8Array> {
  const { base, pageSize } = state;
  for (const meta of copiedMetas(base)) {
    for (let at = 0; at < meta.length; at += chunkBytes) yield meta.slice(at, at + chunkBytes);
  }
  const size = base.highWater * pageSize;
  for (let position = 2 * pageSize; position < size;) {
    requireOpen(state);
    const chunk = new Uint8Array(Math.min(chunkBytes, size - position));
    zeroRest(chunk, await from.readAsync(chunk, position));
    if (state.status !== "open") throw new BoltError("TX_CLOSED", "during a copy");
    yield chunk;
    position += chunk.length;
  }
}

/** Pages that were given an id but never written may lie beyond the end of the file. */
function zeroRest(chunk: Uint8Array, read: number): void {
  chunk.fill(0, read);
}
