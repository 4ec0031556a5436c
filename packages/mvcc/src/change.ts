import { varintSize } from "@nodetcd/bytes";
import { EventType } from "@nodetcd/messages";
import { keyRecordSize, writeKeyRecord, writeModRevisionField } from "./encode.ts";
import { StoredKeyValue } from "./stored-key-value.ts";

/** One change as watchers get it. */
export interface StoredEvent {
  /** `EventType.PUT` or `EventType.DELETE`. */
  readonly type: EventType;
  /** Of a DELETE: only key and modRevision. */
  readonly keyValue: StoredKeyValue;
}

/** A change with its key as text, for finding its watchers. */
export interface Change extends StoredEvent {
  readonly key: string;
}

/** A deletion as watchers get it. Its event is made when the first of them asks, if one does. */
export class DeleteChange implements Change {
  readonly type: EventType = EventType.DELETE;
  readonly key: string;
  readonly #main: number;
  #keyValue: StoredKeyValue | undefined;

  constructor(key: string, main: number) {
    this.key = key;
    this.#main = main;
  }

  /** Key and revision, nothing else. */
  get keyValue(): StoredKeyValue {
    this.#keyValue ??= new StoredKeyValue(
      deletionEvent(this.key, this.#main),
      0,
      this.#main,
      0,
      0n,
    );
    return this.#keyValue;
  }
}

function deletionEvent(key: string, main: number): Uint8Array {
  const keySize = keyRecordSize(key);
  const event = new Uint8Array(keySize + 1 + varintSize(main));
  writeKeyRecord(event, 0, key);
  writeModRevisionField(event, keySize, main);
  return event;
}
