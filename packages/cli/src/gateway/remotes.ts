/** A member behind the gateway. */
export interface Remote {
  readonly host: string;
  readonly port: number;
  /** Of its SRV record: the lowest that is up is used. */
  readonly priority: number;
  /** Its share of the connections among those of its priority; at least 1. */
  readonly weight: number;
}

export function addressOf({ host, port }: Remote): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

interface Entry {
  readonly remote: Remote;
  isActive: boolean;
  /** Grows by `weight` with each choice; who is chosen pays all weights together. */
  credit: number;
}

/** Whose turn it is: members that are up, the lowest priority first, in turns by weight. */
export class Remotes {
  readonly #entries: readonly Entry[];

  constructor(remotes: readonly Remote[]) {
    this.#entries = remotes.map((remote) => ({ remote, isActive: true, credit: 0 }));
  }

  /** Undefined: all are down. */
  pick(): Remote | undefined {
    const active = this.#entries.filter(({ isActive }) => isActive);
    const lowest = Math.min(...active.map(({ remote }) => remote.priority));
    const candidates = active.filter(({ remote }) => remote.priority === lowest);
    let chosen: Entry | undefined;
    let total = 0;
    for (const entry of candidates) {
      entry.credit += entry.remote.weight;
      total += entry.remote.weight;
      if (chosen === undefined || entry.credit > chosen.credit) chosen = entry;
    }
    if (chosen !== undefined) chosen.credit -= total;
    return chosen?.remote;
  }

  /** Returns whether that is news. */
  setActive(remote: Remote, isActive: boolean): boolean {
    const entry = this.#entries.find((known) => known.remote === remote);
    if (entry === undefined || entry.isActive === isActive) return false;
    entry.isActive = isActive;
    entry.credit = 0;
    return true;
  }

  inactive(): Remote[] {
    return this.#entries.filter(({ isActive }) => !isActive).map(({ remote }) => remote);
  }
}
