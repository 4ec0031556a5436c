import type { Client } from "@nodetcd/client";
import type { Clock, Random } from "@nodetcd/runtime";
import { toBase64Url } from "../contract/bytes.ts";
import type { Members } from "../members/ask-members.ts";
import { SESSION_IDLE_MS, SESSIONS } from "../limits.ts";

/** One browser. `id` is the cookie's secret, `token` what changing requests carry. */
export interface Session {
  readonly id: string;
  readonly token: string;
  /** Name of the etcd user; undefined for nobody in particular. */
  readonly user: string | undefined;
  /** Calls etcd with this person's rights. */
  readonly client: Client;
  /** Calls single members with this person's rights. */
  readonly members: Members;
  /** Wall time until which writes are unlocked. */
  unlockedUntil: number;
  /** Monotonic time of the last request. */
  seen: number;
}

/** Sessions in memory: a restart of the console signs everybody out. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** The session of a cookie, if it has not ended. */
  find(id: string | undefined): Session | undefined {
    const session = id === undefined ? undefined : this.#sessions.get(id);
    if (session === undefined) return undefined;
    const now = this.#clock.monotonic();
    if (now - session.seen > SESSION_IDLE_MS) {
      this.end(session);
      return undefined;
    }
    session.seen = now;
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
    return session;
  }

  /** A new session with a new secret: also at each sign-in, so that a planted cookie is worth nothing. */
  begin(client: Client, members: Members, user?: string): Session {
    const oldest = this.#sessions.values().next().value;
    if (this.#sessions.size >= SESSIONS && oldest !== undefined) this.end(oldest);
    const session: Session = {
      id: toBase64Url(this.#random.bytes(32)),
      token: toBase64Url(this.#random.bytes(32)),
      user,
      client,
      members,
      unlockedUntil: 0,
      seen: this.#clock.monotonic(),
    };
    this.#sessions.set(session.id, session);
    return session;
  }

  end(session: Session): void {
    this.#sessions.delete(session.id);
    if (session.user === undefined) return;
    session.client.close();
    session.members.close();
  }

  close(): void {
    for (const session of this.#sessions.values()) this.end(session);
  }
}
