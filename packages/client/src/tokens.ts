import { EMPTY_METADATA, type Metadata } from "@nodetcd/grpc";
import type { EtcdError } from "./errors.ts";

/** The texts after which a fresh token helps. */
const STALE_TOKEN = ["INVALID_AUTH_TOKEN", "AUTH_OLD_REVISION", "USER_NAME_EMPTY"];

/** What every call says about the client, as etcd's own does; the server counts by it. */
const PLAIN: Metadata = new Map([["client-api-version", "3.7"]]);

/** The token that calls carry: asked for when first needed, and again when the server does not know it. */
export class Tokens {
  readonly #authenticate: ((timeoutMs: number) => Promise<string>) | undefined;
  #metadata: Promise<Metadata> | undefined;

  /** @param authenticate asks for a token; undefined: calls carry none */
  constructor(authenticate: ((timeoutMs: number) => Promise<string>) | undefined) {
    this.#authenticate = authenticate;
  }

  /** Metadata of a call that may take so long; fails when there is no token to be had. */
  metadata(timeoutMs: number): Promise<Metadata> | Metadata {
    if (this.#authenticate === undefined) return PLAIN;
    this.#metadata ??= this.#authenticate(timeoutMs).then(
      (token) => new Map([...PLAIN, ["token", token]]),
      (error: unknown) => {
        this.#metadata = undefined;
        throw error;
      },
    );
    return this.#metadata;
  }

  /** Metadata of the call that asks for a token. */
  get none(): Metadata {
    return EMPTY_METADATA;
  }

  /**
   * Forgets the token after such an error. True: a second try may help. Without a token, as with a client certificate,
   * that is so when users or roles have just changed.
   */
  renew(error: EtcdError): boolean {
    if (this.#authenticate === undefined) return error.code === "AUTH_OLD_REVISION";
    if (!STALE_TOKEN.includes(error.code)) return false;
    this.#metadata = undefined;
    return true;
  }
}
