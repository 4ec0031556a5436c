/** A request that no ordinary client sends, as data. */
import type { MessageCodec, Method as Row } from "@nodetcd/messages";
import type { Answer, Caller } from "./caller.ts";
import { show } from "./caller.ts";

export interface Case {
  readonly name: string;
  run(caller: Caller): Promise<string>;
}

/** The cases of one method. */
export class Method<Reply> {
  readonly #path: string;
  readonly #reply: MessageCodec<Reply>;

  constructor({ path, response }: Pick<Row<unknown, Reply>, "path" | "response">) {
    this.#path = path;
    this.#reply = response;
  }

  #case(name: string, run: (caller: Caller) => Promise<Answer>): Case {
    const method = this.#path.split("/").at(-1);
    return {
      name: `${method}: ${name}`,
      run: async (caller) => show(this.#reply, await run(caller)),
    };
  }

  /** The requests, usually one, and the end of them. */
  call(name: string, ...requests: readonly Uint8Array[]): Case {
    return this.#case(name, (caller) => caller.call(this.#path, requests));
  }

  /** Requests one after the other on a stream that stays open. */
  converse(name: string, ...requests: readonly Uint8Array[]): Case {
    return this.#case(name, (caller) => caller.converse(this.#path, requests));
  }

  /** As `converse`, with a call between the requests and the last look. */
  converseWith(
    name: string,
    requests: readonly Uint8Array[],
    path: string,
    ...others: readonly Uint8Array[]
  ): Case {
    return this.#case(name, (caller) =>
      caller.converse(this.#path, requests, async () => {
        for (const other of others) await caller.call(path, [other]);
      }),
    );
  }
}

export const INT64_MAX: bigint = 2n ** 63n - 1n;
export const INT64_MIN: bigint = -(2n ** 63n);
/** Numbers at which JavaScript and Go could part. */
export const EDGES: readonly bigint[] = [
  -1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  INT64_MAX,
  INT64_MIN,
  INT64_MIN + 1n,
];

/** What is no message of any kind, by name. */
export const MALFORMED: readonly (readonly [name: string, bytes: string])[] = [
  ["a field that ends early", "0a05"],
  ["a tag of field 0", "02"],
  ["a varint of eleven bytes", "08ffffffffffffffffffff01"],
  ["a varint beyond 64 bits", "10ffffffffffffffffff02"],
  ["a group that never ends", "0b"],
  ["a group that ends as another", "b33fac02"],
  ["an end without a group", "0c"],
  ["a length beyond 32 bits", "0a818080801061"],
  ["a tag beyond 32 bits", "8a80808010016b"],
  ["wire type 6", "0e00"],
  ["unknown fields of each wire type", "aa3f0161a83f01a93f0000000000000000ad3f00000000ab3fac3f"],
];
