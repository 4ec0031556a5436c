import { BUCKETS, type Backend } from "@nodetcd/backend";
import { AlarmMember, AlarmType } from "@nodetcd/messages";

import type { StateRecord } from "./record.ts";

const NOTHING = new Uint8Array(0);

/** The alarms in force, kept in the bucket `alarm`; changed by applied raft entries only. */
export class Alarms implements StateRecord {
  readonly #backend: Backend;
  #active: AlarmMember[] = [];

  constructor(backend: Backend) {
    this.#backend = backend;
    this.load();
  }

  load(): void {
    this.#active = [];
    this.#backend.range(BUCKETS.alarm, NOTHING, undefined, 0, (key) => {
      this.#active.push(AlarmMember.decode(key));
    });
  }

  /** Alarms of this type, or all with `AlarmType.NONE`. */
  list(type: AlarmType): AlarmMember[] {
    return this.#active.filter((alarm) => type === AlarmType.NONE || alarm.alarm === type);
  }

  has(type: AlarmType): boolean {
    return this.#active.some((alarm) => alarm.alarm === type);
  }

  /** Raises an alarm, and answers it; one that is already raised stays as it is. */
  activate(memberId: bigint, type: AlarmType): AlarmMember {
    const present = this.#find(memberId, type);
    if (present !== undefined) return present;
    const alarm = { memberId, alarm: type };
    this.#active.push(alarm);
    this.#backend.put(BUCKETS.alarm, AlarmMember.encode(alarm), NOTHING);
    return alarm;
  }

  /** Ends an alarm, and answers it; undefined when it was not raised. */
  deactivate(memberId: bigint, type: AlarmType): AlarmMember | undefined {
    const present = this.#find(memberId, type);
    if (present === undefined) return undefined;
    this.#active = this.#active.filter((alarm) => alarm !== present);
    this.#backend.delete(BUCKETS.alarm, AlarmMember.encode(present));
    return present;
  }

  #find(memberId: bigint, type: AlarmType): AlarmMember | undefined {
    return this.#active.find((alarm) => alarm.memberId === memberId && alarm.alarm === type);
  }
}
