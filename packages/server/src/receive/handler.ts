import type { Init, Method, Methods } from "@nodetcd/messages";
import type { MeteredStream } from "../measure/metered-stream.ts";
import type { MeteredUnary } from "../measure/metered-unary.ts";

/** A unary call as handlers see it: with its bytes, and who makes it. */
export type ClientCall = MeteredUnary;

/** A streaming call as handlers see it. */
export type ClientStream = MeteredStream;

/** The handler has handed the call over, to somebody who will answer it. */
export const PENDING: unique symbol = Symbol("pending");

/** A reply: a message, or one that is encoded already (owned by the caller, never changed again). */
export type Reply<Response> = Init<Response> | Uint8Array;

/** What a handler makes of a request; it raises or rejects with what `toRequestError` knows. */
export type Answer<Response> = Reply<Response> | Promise<Reply<Response>> | typeof PENDING;

/** Answers a unary call. The request's bytes are borrowed, never change and may be kept. */
export type UnaryHandler<Request, Response> = (
  request: Request,
  call: ClientCall,
) => Answer<Response>;

/** Answers one request with any number of messages; the call is failed with what it raises. */
export type ServerStreamHandler<Request> = (request: Request, call: ClientStream) => Promise<void>;

/** Takes a call whose messages it reads itself. */
export type StreamHandler = (call: ClientStream) => void;

export type HandlerOf<M> =
  M extends Method<infer Request, infer Response, infer Kind>
    ? Kind extends "unary"
      ? UnaryHandler<Request, Response>
      : Kind extends "server_stream"
        ? ServerStreamHandler<Request>
        : StreamHandler
    : never;

/** One handler for each method of the table: one that is missing does not compile. */
export type Handlers = {
  readonly [Service in keyof Methods]: {
    readonly [Name in keyof Methods[Service]]: HandlerOf<Methods[Service][Name]>;
  };
};
