import { constants } from "node:crypto";
import * as https from "node:https";
import type { ConnectionOptions, SecureContextOptions, TLSSocket } from "node:tls";

/**
 * TLS 1.3 between two sides that know one key, without certificates: each proves to the other that it has it, and what
 * was said stays secret when the key is found out later. Who does not have it gets no connection.
 */
const TLS: Pick<SecureContextOptions, "ciphers" | "minVersion" | "maxVersion" | "secureOptions"> = {
  ciphers: "TLS_AES_128_GCM_SHA256",
  minVersion: "TLSv1.3",
  maxVersion: "TLSv1.3",
  secureOptions: constants.SSL_OP_NO_TICKET,
};
const IDENTITY = "nodetcd";

export const SHARED_KEY_BYTES = 32;

/** A server that lets in who has the key. */
export function createSharedKeyServer(key: Uint8Array, options: https.ServerOptions): https.Server {
  const pskCallback = (_: TLSSocket, identity: string): Uint8Array | null =>
    identity === IDENTITY ? key : null;
  return https.createServer({ ...options, ...TLS, ALPNProtocols: ["http/1.1"], pskCallback });
}

export interface SharedKeyCall {
  readonly host: string;
  readonly port: number;
  readonly key: Uint8Array;
  readonly path: string;
  /** Ends the call, and the answer that is being read. */
  readonly signal: AbortSignal;
  /** Milliseconds until the head of an answer must be there. */
  readonly timeoutMs: number;
}

export interface SharedKeyAnswer {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A GET of such a server, on a connection of its own. Rejects when it cannot be reached or has another key. */
export function getWithSharedKey(call: SharedKeyCall): Promise<SharedKeyAnswer> {
  const { host, port, key, path, signal, timeoutMs } = call;
  const options: https.RequestOptions & ConnectionOptions = {
    ...TLS,
    host,
    port,
    path,
    signal,
    agent: false,
    pskCallback: () => ({ psk: key, identity: IDENTITY }),
    // There is no certificate: the key is who it is.
    checkServerIdentity: () => undefined,
  };
  return new Promise((resolve, reject) => {
    const request = https.get(options);
    const late = setTimeout(
      () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    request.on("response", (response) => {
      clearTimeout(late);
      resolve({ status: response.statusCode ?? 0, body: response });
    });
    request.on("error", (error) => {
      clearTimeout(late);
      reject(error);
    });
  });
}
