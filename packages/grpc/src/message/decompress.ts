import { RpcError } from "../errors.ts";
import { Status } from "../status.ts";

/** Message encodings that this side reads, as `grpc-accept-encoding` names them. */
export const ACCEPTED_ENCODINGS = "identity,gzip";

/** Whether messages with this `grpc-encoding` may be compressed. */
export function isCompressed(encoding: string): boolean {
  return encoding !== "" && encoding !== "identity";
}

/**
 * Unpacks a message that was sent with the compressed flag. The input is borrowed, the result owned.
 * Raises `RpcError` with grpc-go's words.
 */
export function decompress(message: Uint8Array, encoding: string, maxBytes: number): Uint8Array {
  if (!isCompressed(encoding)) {
    throw new RpcError(
      Status.INTERNAL,
      "grpc: compressed flag set with identity or empty encoding",
    );
  }
  const { gunzipSync } = process.getBuiltinModule("node:zlib");
  try {
    return gunzipSync(message, { maxOutputLength: Math.max(1, maxBytes) });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") {
      throw new RpcError(
        Status.RESOURCE_EXHAUSTED,
        `grpc: received message after decompression larger than max ${maxBytes}`,
      );
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new RpcError(
      Status.INTERNAL,
      `grpc: failed to decompress the received message: ${reason}`,
    );
  }
}
