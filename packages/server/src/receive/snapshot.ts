import { storageVersion } from "../state/storage-version.ts";
import type { StreamCall } from "@nodetcd/grpc";
import { type SnapshotRequest, SnapshotResponse } from "@nodetcd/messages";
import type { MemberContext } from "../member-context.ts";
import { SNAPSHOT_CHUNK_BYTES } from "../limits.ts";
import type { ServerStreamHandler } from "./handler.ts";

/** Resolves when the stream takes more, or is gone. */
function drained(call: StreamCall): Promise<void> {
  return new Promise((resolve) => {
    call.onDrain = resolve;
    call.onCancel = resolve;
  });
}

/** The same bytes in pieces of `size`, the last one shorter; owned by the caller. */
async function* inPieces(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  let piece = Buffer.alloc(size);
  let used = 0;
  for await (const chunk of chunks) {
    for (let offset = 0; offset < chunk.length;) {
      const taken = Math.min(size - used, chunk.length - offset);
      piece.set(chunk.subarray(offset, offset + taken), used);
      offset += taken;
      used += taken;
      if (used < size) continue;
      yield piece;
      piece = Buffer.alloc(size);
      used = 0;
    }
  }
  if (used > 0) yield piece.subarray(0, used);
}

async function send(member: MemberContext, call: StreamCall): Promise<void> {
  const version = storageVersion(member.backend) ?? "";
  const snapshot = await member.backend.openSnapshot();
  const start = member.runtime.clock.monotonic();
  const fields = { "total-bytes": snapshot.size, "storage-version": version };
  member.logger.info("sending database snapshot to client", fields);
  try {
    const sum = member.runtime.digests.sha256();
    let left = snapshot.size;
    for await (const blob of inPieces(snapshot.read(), SNAPSHOT_CHUNK_BYTES)) {
      sum.update(blob);
      left -= blob.length;
      if (!call.send(SnapshotResponse.encode({ remainingBytes: left, blob, version }))) {
        await drained(call);
      }
      if (call.cancelled) return;
    }
    call.send(SnapshotResponse.encode({ remainingBytes: 0, blob: sum.finish(), version }));
    call.finish();
    const took = `${(member.runtime.clock.monotonic() - start).toFixed(3)}ms`;
    member.logger.info("successfully sent database snapshot to client", { ...fields, took });
  } finally {
    snapshot.close();
  }
}

/**
 * `etcdserverpb.Maintenance/Snapshot`: the database file as of now in pieces of 32 KiB, then its
 * SHA-256. Reads and writes go on meanwhile.
 */
export function receiveSnapshot(member: MemberContext): ServerStreamHandler<SnapshotRequest> {
  return (_request, call) => send(member, call);
}
