/** What users of different rights are told, by every member alike. */
import { type Init, type Method, METHODS, WatchRequest, WatchResponse } from "@nodetcd/messages";
import { type Connection, type Metadata, RpcFailure } from "../rpc.ts";

const { Auth, Cluster, KV, Lease, Maintenance } = METHODS;
const bytes = (text: string): Uint8Array => Buffer.from(text);

export type Call = <Request, Reply>(
  method: Method<Request, Reply>,
  request: Init<Request>,
) => Promise<Reply>;

/** A lease with a key that only root may write. */
const FOREIGN = 77n;
export const USERS = ["root", "both", "reader", "nothing"] as const;

/** Root; `both` who reads and writes from `a` to `b`, `reader` who reads all, `nothing` who may do nothing. */
export async function makeUsers(call: Call): Promise<void> {
  for (const name of USERS) {
    await call(Auth.UserAdd, { name, password: "pw" });
    if (name !== "root") await call(Auth.RoleAdd, { name });
    await call(Auth.UserGrantRole, { user: name, role: name });
  }
  const both = { permType: 2, key: bytes("a"), rangeEnd: bytes("b") };
  await call(Auth.RoleGrantPermission, { name: "both", perm: both });
  const all = { permType: 0, key: bytes("\0"), rangeEnd: bytes("\0") };
  await call(Auth.RoleGrantPermission, { name: "reader", perm: all });
  await call(Lease.LeaseGrant, { id: FOREIGN, ttl: 100_000 });
  await call(KV.Put, { key: bytes("root's"), lease: FOREIGN });
  await call(Auth.AuthEnable, {});
}

const put = (key: string): object => ({ requestPut: { key: bytes(key) } });
const watch = (connection: Connection, metadata: Metadata): Promise<string> =>
  new Promise((resolve) => {
    const stream = connection.open(
      METHODS.Watch.Watch.path,
      (message) => {
        resolve(WatchResponse.decode(message).cancelReason);
        stream.cancel();
      },
      ({ code, message }) => resolve(`${code} ${message}`),
      metadata,
    );
    const createRequest = { key: bytes("a"), rangeEnd: bytes("c") };
    stream.send(WatchRequest.encode({ createRequest }));
  });

/** Tries everything as one user; each line says what, and how it ended. */
export async function verdicts(connection: Connection, token: string): Promise<string[]> {
  const metadata: Metadata = token === "" ? {} : { token };
  const lines: string[] = [];
  const attempt = async <Request, Reply>(
    name: string,
    method: Method<Request, Reply>,
    request: Init<Request>,
  ): Promise<void> => {
    const said = await connection.call(method, request, 10_000, metadata).then(
      () => "ok",
      (error: unknown) => {
        if (error instanceof RpcFailure) return `${error.code} ${error.message}`;
        throw error;
      },
    );
    lines.push(`${name}: ${said}`);
  };
  await attempt("put a", KV.Put, { key: bytes("a") });
  await attempt("put b", KV.Put, { key: bytes("b") });
  await attempt("put a with prev_kv", KV.Put, { key: bytes("a"), prevKv: true });
  await attempt("put a with root's lease", KV.Put, { key: bytes("a"), lease: FOREIGN });
  await attempt("get a", KV.Range, { key: bytes("a") });
  await attempt("get a, serializable", KV.Range, { key: bytes("a"), serializable: true });
  await attempt("get from a to c", KV.Range, { key: bytes("a"), rangeEnd: bytes("c") });
  await attempt("delete from a to c", KV.DeleteRange, { key: bytes("a"), rangeEnd: bytes("c") });
  await attempt("txn, both branches allowed", KV.Txn, {
    success: [put("a")],
    failure: [put("aa")],
  });
  await attempt("txn, the other branch not", KV.Txn, { success: [put("a")], failure: [put("z")] });
  await attempt("revoke root's lease", Lease.LeaseRevoke, { id: FOREIGN });
  await attempt("keys of root's lease", Lease.LeaseTimeToLive, { id: FOREIGN, keys: true });
  await attempt("user list", Auth.UserList, {});
  await attempt("user get reader", Auth.UserGet, { name: "reader" });
  await attempt("member list", Cluster.MemberList, { linearizable: true });
  await attempt("hash", Maintenance.HashKV, {});
  lines.push(`watch from a to c: ${await watch(connection, metadata)}`);
  if (lines.includes("revoke root's lease: ok")) {
    await attempt("root's lease again", Lease.LeaseGrant, { id: FOREIGN, ttl: 100_000 });
    await attempt("root's key again", KV.Put, { key: bytes("root's"), lease: FOREIGN });
  }
  return lines;
}
