import { hashSync } from "@node-rs/bcrypt";
import { AuthError } from "./errors.ts";
import { BCRYPT_COST_DEFAULT } from "./limits.ts";

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The bcrypt string that a request brings, hashed by whoever proposed it. Entries that etcd wrote
 * before 3.5 bring the password itself: only those are hashed here, in this turn. Raises
 * `NO_PASSWORD_USER`, as etcd does, when it is not in base64.
 */
export function storedPassword(request: {
  readonly password: string;
  readonly hashedPassword: string;
}): Uint8Array {
  const { password, hashedPassword } = request;
  if (hashedPassword === "" && password !== "") {
    return Buffer.from(hashSync(password, { cost: BCRYPT_COST_DEFAULT, version: "2a" }));
  }
  const text = hashedPassword.replace(/[\r\n]/g, "");
  if (!BASE64.test(text)) throw new AuthError("NO_PASSWORD_USER");
  return Buffer.from(text, "base64");
}
