import type { Clock, Random } from "@nodetcd/runtime";
import type { HeldTokens } from "./auth-store.ts";
import {
  SIMPLE_TOKEN_LETTERS,
  SIMPLE_TOKEN_TTL_SECONDS,
  SIMPLE_TOKENS_PER_USER_MAX,
} from "./limits.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const FORM = /^[^.]*\.(\d{1,16})$/;
/** Old tokens that each new one looks at, so that those that ran out go. */
const SWEPT_PER_TOKEN = 2;

interface Held {
  readonly user: string;
  /** Monotonic milliseconds. */
  deadline: number;
}

/**
 * Tokens that are no more than a name for an entry in memory: 16 random letters, a dot and a place of
 * the log, such as `NEXWmIQjzUgLxEsI.7`. Every member remembers each, since each applies the entry that made it;
 * a restart forgets them. A use lengthens the life on the member that was asked only.
 */
export class SimpleTokens implements HeldTokens {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ttlMs: number;
  readonly #held = new Map<string, Held>();
  readonly #ofUser = new Map<string, Set<string>>();

  /** @param ttlSeconds 0 is the default, 300 */
  constructor(clock: Clock, random: Random, ttlSeconds: number) {
    this.#clock = clock;
    this.#random = random;
    this.#ttlMs = (ttlSeconds > 0 ? ttlSeconds : SIMPLE_TOKEN_TTL_SECONDS) * 1000;
  }

  get size(): number {
    return this.#held.size;
  }

  /** The random head of a new token, to be proposed with the user's name. */
  newHead(): string {
    let head = "";
    for (let i = 0; i < SIMPLE_TOKEN_LETTERS; i++)
      head += LETTERS[this.#random.below(LETTERS.length)]!;
    return head;
  }

  /** Applies a login. `index` is the consistent index before this entry. Answers the token. */
  assign(user: string, head: string, index: number): string {
    this.#sweep();
    const token = `${head}.${index}`;
    this.#drop(token);
    this.#held.set(token, { user, deadline: this.#clock.monotonic() + this.#ttlMs });
    let tokens = this.#ofUser.get(user);
    if (tokens === undefined) this.#ofUser.set(user, (tokens = new Set()));
    tokens.add(token);
    if (tokens.size > SIMPLE_TOKENS_PER_USER_MAX) {
      const [oldest] = tokens;
      this.#drop(oldest!);
    }
    return token;
  }

  /**
   * The place of the log that must be applied here before `userOf` is certain, that of the login; undefined: no such token.
   * (etcd waits for the entry before it alone, and may refuse a token that another member has just given.)
   */
  static indexOf(token: string): number | undefined {
    const index = Number(FORM.exec(token)?.[1]) + 1;
    return Number.isSafeInteger(index) ? index : undefined;
  }

  /** Whether the login of this token is applied here, be it still good or not. */
  has(token: string): boolean {
    return this.#held.has(token);
  }

  /** Whose token it is, which lives on from now; undefined for nobody's. */
  userOf(token: string): string | undefined {
    const held = this.#held.get(token);
    if (held === undefined) return undefined;
    const now = this.#clock.monotonic();
    if (held.deadline <= now) {
      this.#drop(token);
      return undefined;
    }
    held.deadline = now + this.#ttlMs;
    return held.user;
  }

  dropUser(name: string): void {
    for (const token of this.#ofUser.get(name) ?? []) this.#held.delete(token);
    this.#ofUser.delete(name);
  }

  dropAll(): void {
    this.#held.clear();
    this.#ofUser.clear();
  }

  #drop(token: string): void {
    const held = this.#held.get(token);
    if (held === undefined) return;
    this.#held.delete(token);
    const tokens = this.#ofUser.get(held.user);
    tokens?.delete(token);
    if (tokens?.size === 0) this.#ofUser.delete(held.user);
  }

  /** Looks at the tokens that were looked at longest ago: as many new ones come, twice as many are looked at. */
  #sweep(): void {
    const now = this.#clock.monotonic();
    for (let i = 0; i < SWEPT_PER_TOKEN; i++) {
      const [first] = this.#held;
      if (first === undefined) return;
      const [token, held] = first;
      if (held.deadline <= now) this.#drop(token);
      else {
        this.#held.delete(token);
        this.#held.set(token, held);
      }
    }
  }
}
