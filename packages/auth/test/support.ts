import { compareBytes } from "@nodetcd/bytes";
import type { Init } from "@nodetcd/messages";
import type * as message from "@nodetcd/messages";
import { hashSync } from "@node-rs/bcrypt";
import {
  ANONYMOUS,
  AUTH_OPERATIONS,
  AuthError,
  type AuthBucket,
  type AuthOperations,
  type AuthStore,
  type BackendLike,
  type Identity,
  openAuthStore,
} from "../src/auth.ts";

export const bytes = (text: string): Uint8Array => Buffer.from(text);

/** A backend that is no more than a map. */
export class MemoryBackend implements BackendLike {
  readonly records: Map<string, Buffer> = new Map();

  get(bucket: AuthBucket, key: Uint8Array): Uint8Array | undefined {
    return this.records.get(`${bucket}/${Buffer.from(key).toString()}`);
  }

  put(bucket: AuthBucket, key: Uint8Array, value: Uint8Array): void {
    this.records.set(`${bucket}/${Buffer.from(key).toString()}`, Buffer.from(value));
  }

  delete(bucket: AuthBucket, key: Uint8Array): void {
    this.records.delete(`${bucket}/${Buffer.from(key).toString()}`);
  }

  range(
    bucket: AuthBucket,
    _start: Uint8Array,
    _end: Uint8Array | undefined,
    _limit: number,
    visit: (key: Uint8Array, value: Uint8Array) => boolean | void,
  ): void {
    const pairs = [...this.records]
      .filter(([name]) => name.startsWith(`${bucket}/`))
      .map(([name, value]) => [Buffer.from(name.slice(bucket.length + 1)), value] as const);
    for (const [key, value] of pairs.sort(([a], [b]) => compareBytes(a, b))) visit(key, value);
  }

  /** `bucket/key hex`, in order, of one bucket or all. */
  dump(bucket = ""): string[] {
    const lines = [...this.records].map(([name, value]) => `${name} ${value.toString("hex")}`);
    return lines.filter((line) => line.startsWith(bucket)).sort();
  }
}

/** Cheap, and of the form that etcd writes. */
export const hashOf = (password: string): string =>
  Buffer.from(hashSync(password, { cost: 4, version: "2a", salt: Buffer.alloc(16, 7) })).toString(
    "base64",
  );

const EMPTY = new Uint8Array(0);

/** Short names for the requests that tests make. */
export class Admin {
  readonly backend: MemoryBackend = new MemoryBackend();
  readonly auth: AuthStore;
  /** In whose name. */
  by: Identity = ANONYMOUS;

  constructor() {
    this.auth = openAuthStore({ backend: this.backend });
  }

  do<F extends keyof AuthOperations>(
    field: F,
    request: Parameters<AuthOperations[F]>[1],
  ): ReturnType<AuthOperations[F]> {
    const operation = AUTH_OPERATIONS[field] as (
      auth: AuthStore,
      request: unknown,
      by: Identity,
    ) => ReturnType<AuthOperations[F]>;
    return operation(this.auth, request, this.by);
  }

  user(name: string, ...roles: string[]): void {
    const options = undefined;
    this.do("authUserAdd", { name, password: "", hashedPassword: hashOf(`${name}-pw`), options });
    for (const role of roles) this.do("authUserGrantRole", { user: name, role });
  }

  role(name: string, ...permissions: Init<message.Permission>[]): void {
    this.do("authRoleAdd", { name });
    for (const permission of permissions) this.grant(name, permission);
  }

  grant(
    name: string,
    { permType = 0, key = EMPTY, rangeEnd = EMPTY }: Init<message.Permission>,
  ): void {
    this.do("authRoleGrantPermission", { name, perm: { permType, key, rangeEnd } });
  }

  /** Root exists, and acts from now on. */
  enable(): void {
    if (this.auth.user("root") === undefined) this.user("root", "root");
    this.do("authEnable", {});
    this.by = this.auth.identityOf("root");
  }

  as(name: string): Identity {
    return this.auth.identityOf(name);
  }
}

/** The code of what is raised; "ok" when nothing is. */
export function verdict(work: () => unknown): string {
  try {
    work();
    return "ok";
  } catch (error) {
    if (error instanceof AuthError) return error.code;
    throw error;
  }
}

/** As `verdict`, of a promise or of what raises at once. */
export async function outcome(work: () => unknown): Promise<string> {
  try {
    await work();
    return "ok";
  } catch (error) {
    if (error instanceof AuthError) return error.code;
    throw error;
  }
}
