import { concatBytes, prefixEnd, startsWith } from "@nodetcd/bytes";
import type { ClientStream, Metadata } from "@nodetcd/grpc";
import {
  type Compare,
  type DeleteRangeResponse,
  type Init,
  type KeyValue,
  type LeaseTimeToLiveResponse,
  METHODS,
  type PutResponse,
  type RangeResponse,
  type RequestOp,
  type ResponseOp,
  type TxnRequest,
  type TxnResponse,
  WatchRequest,
  WatchResponse,
} from "@nodetcd/messages";
import type { CallOptions } from "./call-options.ts";
import type { Calls, PreparedStream } from "./calls.ts";
import { EtcdError } from "./errors.ts";
import type { UnaryMethod } from "./methods.ts";

interface Keys {
  readonly key?: Uint8Array | undefined;
  readonly rangeEnd?: Uint8Array | undefined;
}

/**
 * Calls in which all keys begin with a prefix that nobody sees: it is put in front of keys, ends, conditions and nested
 * transactions, and cut off again. Leases, revisions and everything that is not about keys stay those of the cluster.
 */
export class Namespace implements Calls {
  readonly #calls: Calls;
  readonly #prefix: Uint8Array;
  readonly #end: Uint8Array;

  /** @param prefix owned, not empty */
  constructor(calls: Calls, prefix: Uint8Array) {
    this.#calls = calls;
    this.#prefix = prefix;
    this.#end = prefixEnd(prefix);
  }

  async call<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Init<Request>,
    options?: CallOptions,
    last?: "last",
  ): Promise<Response> {
    const { KV, Lease } = METHODS;
    const within: unknown =
      method.path === KV.Txn.path
        ? this.#txn(request as Init<TxnRequest>)
        : method.path === KV.Range.path ||
            method.path === KV.Put.path ||
            method.path === KV.DeleteRange.path
          ? this.#keys(request as Keys)
          : request;
    const response = await this.#calls.call(method, within as Init<Request>, options, last);
    const reply: unknown = response;
    if (method.path === KV.Range.path) this.#cutRange(reply as RangeResponse);
    else if (method.path === KV.Put.path) this.#cut((reply as PutResponse).prevKv);
    else if (method.path === KV.DeleteRange.path) this.#cutDeleted(reply as DeleteRangeResponse);
    else if (method.path === KV.Txn.path) this.#cutTxn(reply as TxnResponse);
    else if (method.path === Lease.LeaseTimeToLive.path) {
      const lease = reply as LeaseTimeToLiveResponse;
      lease.keys = lease.keys
        .filter((key) => startsWith(key, this.#prefix))
        .map((key) => key.subarray(this.#prefix.length));
    }
    return response;
  }

  async stream(
    path: string,
    options?: { metadata?: Metadata; endpoint?: string },
  ): Promise<PreparedStream> {
    const prepared = await this.#calls.stream(path, options);
    if (path !== METHODS.Watch.Watch.path) return prepared;
    return { ...prepared, open: () => this.#watchStream(prepared.open()) };
  }

  /** The stream itself, with what is sent and what comes changed on the way. */
  #watchStream(stream: ClientStream): ClientStream {
    const send = stream.send.bind(stream);
    stream.send = (message) => {
      const request = WatchRequest.decode(message);
      const { createRequest } = request;
      if (createRequest === undefined) return send(message);
      return send(
        WatchRequest.encode({ createRequest: { ...createRequest, ...this.#keys(createRequest) } }),
      );
    };
    return new Proxy(stream, {
      set: (target, name, value: unknown) => {
        if (name === "onMessage") {
          target.onMessage = (message) => {
            const response = WatchResponse.decode(message);
            for (const { kv, prevKv } of response.events) {
              this.#cut(kv);
              this.#cut(prevKv);
            }
            (value as ClientStream["onMessage"])(WatchResponse.encode(response));
          };
          return true;
        }
        return Reflect.set(target, name, value, target);
      },
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
  }

  #keys<Request extends Keys>(request: Request): Request {
    const { key = new Uint8Array(0), rangeEnd = new Uint8Array(0) } = request;
    if (key.length === 0 && rangeEnd.length === 0) {
      throw new EtcdError("EMPTY_KEY", "etcdserver: key is not provided");
    }
    const toEnd = rangeEnd.length === 1 && rangeEnd[0] === 0;
    return {
      ...request,
      key: concatBytes([this.#prefix, key]),
      ...(rangeEnd.length === 0
        ? {}
        : { rangeEnd: toEnd ? this.#end : concatBytes([this.#prefix, rangeEnd]) }),
    };
  }

  #txn(request: Init<TxnRequest>): Init<TxnRequest> {
    return {
      compare: (request.compare ?? []).map((one: Init<Compare>) => this.#keys(one as Keys)),
      success: (request.success ?? []).map((one: Init<RequestOp>) => this.#op(one)),
      failure: (request.failure ?? []).map((one: Init<RequestOp>) => this.#op(one)),
    };
  }

  #op(op: Init<RequestOp>): Init<RequestOp> {
    const { requestRange, requestPut, requestDeleteRange, requestTxn } = op;
    if (requestRange !== undefined) return { requestRange: this.#keys(requestRange as Keys) };
    if (requestPut !== undefined) return { requestPut: this.#keys(requestPut as Keys) };
    if (requestDeleteRange !== undefined) {
      return { requestDeleteRange: this.#keys(requestDeleteRange as Keys) };
    }
    return requestTxn === undefined ? op : { requestTxn: this.#txn(requestTxn) };
  }

  #cut(keyValue: KeyValue | undefined): void {
    if (keyValue !== undefined) keyValue.key = keyValue.key.subarray(this.#prefix.length);
  }

  #cutRange({ kvs }: RangeResponse): void {
    for (const keyValue of kvs) this.#cut(keyValue);
  }

  #cutDeleted({ prevKvs }: DeleteRangeResponse): void {
    for (const keyValue of prevKvs) this.#cut(keyValue);
  }

  #cutTxn({ responses }: TxnResponse): void {
    for (const response of responses) this.#cutOp(response);
  }

  #cutOp(response: ResponseOp): void {
    if (response.responseRange !== undefined) this.#cutRange(response.responseRange);
    if (response.responsePut !== undefined) this.#cut(response.responsePut.prevKv);
    if (response.responseDeleteRange !== undefined) this.#cutDeleted(response.responseDeleteRange);
    if (response.responseTxn !== undefined) this.#cutTxn(response.responseTxn);
  }

  get clock(): Calls["clock"] {
    return this.#calls.clock;
  }
  get random(): Calls["random"] {
    return this.#calls.random;
  }
  get logger(): Calls["logger"] {
    return this.#calls.logger;
  }
  get endpoints(): string[] {
    return this.#calls.endpoints;
  }
  get closed(): boolean {
    return this.#calls.closed;
  }
  get ended(): Promise<void> {
    return this.#calls.ended;
  }
  get root(): Calls {
    return this.#calls.root;
  }
  get watches(): Calls["watches"] {
    return this.#calls.watches;
  }
  forgetToken(error: EtcdError): boolean {
    return this.#calls.forgetToken(error);
  }
  onClose(end: () => void): () => void {
    return this.#calls.onClose(end);
  }
  beforeClose(release: () => Promise<void>): () => void {
    return this.#calls.beforeClose(release);
  }
  replaceEndpoints(urls: readonly string[]): void {
    this.#calls.replaceEndpoints(urls);
  }
  close(): void {
    this.#calls.close();
  }
}
