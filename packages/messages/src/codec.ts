import { WireError, WireReader, WireWriter } from "@nodetcd/bytes";

/** What may be left out when a message is written: everything, at every depth. */
export type Init<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Init<Item>[]
    : T extends object
      ? { readonly [K in keyof T]?: Init<T[K]> | undefined }
      : T;

/** Shared by every absent `bytes` field. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The generated part of a codec. */
interface MessageShape<T> {
  /** Full protobuf name, such as `etcdserverpb.PutRequest`. */
  readonly name: string;
  /** A message with every field at its default. */
  create(): T;
  /**
   * Reads the fields between the reader's position and `end`. Unknown fields are dropped. What is
   * read is merged into `message` when one is given, as protobuf wants it where a field with a
   * message comes twice.
   */
  read(reader: WireReader, end: number, message?: T): T;
  /** Writes the fields in ascending order; those at their default are left out. */
  write(writer: WireWriter, message: Init<T>): void;
}

export interface MessageCodec<T> extends MessageShape<T> {
  /**
   * Decodes borrowed bytes. `bytes` fields of the result are views of the input, so the input must
   * not change while the message lives. Raises `WireError` on malformed input.
   */
  decode(bytes: Uint8Array): T;
  /** Encodes into fresh memory that the caller owns. */
  encode(message: Init<T>): Uint8Array;
}

const scratch = new WireWriter(64 * 1024);

/** Adds whole-message `decode` and `encode` to generated field code. */
export function messageCodec<T>(shape: MessageShape<T>): MessageCodec<T> {
  return {
    ...shape,
    decode(bytes) {
      try {
        return shape.read(new WireReader(bytes), bytes.length);
      } catch (error) {
        // The one way to overflow the stack here: messages nested thousands deep.
        if (error instanceof RangeError) throw new WireError("Messages are nested too deeply");
        throw error;
      }
    },
    encode(message) {
      try {
        shape.write(scratch, message);
        return scratch.finish();
      } finally {
        scratch.reset();
      }
    },
  };
}
