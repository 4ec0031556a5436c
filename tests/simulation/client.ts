/** Calls of a member in this process. */
import { LocalTransport } from "@nodetcd/grpc";
import {
  EventType,
  type Init,
  type Method,
  METHODS,
  WatchRequest,
  WatchResponse,
} from "@nodetcd/messages";
import type { Member } from "@nodetcd/server";
import type { Change } from "./history.ts";
import type { World } from "./world.ts";

export class Client {
  readonly #transport: LocalTransport;

  constructor(member: Member, world: World) {
    this.#transport = new LocalTransport(member.services, world.clock);
  }

  async call<Request, Reply>(
    { path, request, response }: Method<Request, Reply>,
    fields: Init<Request>,
  ): Promise<Reply> {
    return response.decode(await this.#transport.unary(path, request.encode(fields)));
  }

  /** Changes by revision from `from` to `to`, as a watch tells them. */
  history(from: number, to: number): Promise<Map<number, Change[]>> {
    const found = new Map<number, Change[]>();
    if (from > to) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const stream = this.#transport.stream(METHODS.Watch.Watch.path);
      stream.onEnd = ({ message }) => reject(new Error(`the watch ended: ${message}`));
      stream.onMessage = (message) => {
        const response = WatchResponse.decode(message);
        if (response.canceled) {
          reject(
            new Error(`watch from ${from}: canceled, compacted at ${response.compactRevision}`),
          );
        }
        let last = 0;
        for (const { type, kv } of response.events) {
          if (kv === undefined) return reject(new Error("an event without a key"));
          const isDeleted = type === EventType.DELETE;
          const value = isDeleted ? undefined : Buffer.from(kv.value).toString();
          const change = { key: Buffer.from(kv.key).toString(), value, lease: kv.lease };
          last = kv.modRevision;
          found.set(last, [...(found.get(last) ?? []), change]);
        }
        if (last < to) return;
        resolve(found);
        stream.cancel();
      };
      const all = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
      stream.send(WatchRequest.encode({ createRequest: { ...all, startRevision: from } }));
    });
  }
}
