import type { AsymmetricKey, Keys } from "@nodetcd/runtime";
import { AuthError } from "./errors.ts";
import { invalidOptions, type JwtMethod, type JwtOptions } from "./token-options.ts";

type JwtKey = AsymmetricKey | Uint8Array;

export interface JwtKeys {
  readonly verify: JwtKey;
  /** Undefined: tokens are checked here, not made. */
  readonly sign: JwtKey | undefined;
}

export interface KeySource {
  readonly keys: Keys;
  /** The bytes of a file; raises an `Error` that says why not. */
  readonly readFile: (path: string) => Uint8Array;
}

function kindOf(method: JwtMethod): string {
  if (method.startsWith("ES")) return "ec";
  return method === "EdDSA" ? "ed25519" : "rsa";
}

/** Raises `INVALID_OPTIONS` with etcd's texts: no key, or two that are no pair. */
export function readJwtKeys(options: JwtOptions, source: KeySource): JwtKeys {
  const privateBytes = read(options.privateKey, source);
  const publicBytes = read(options.publicKey, source);
  if (options.method.startsWith("HS")) {
    if (privateBytes === undefined || privateBytes.length === 0) throw missing();
    return { verify: privateBytes, sign: privateBytes };
  }
  const { keys } = source;
  const parse = (path: string | undefined, work: () => AsymmetricKey): AsymmetricKey => {
    try {
      const key = work();
      if (keys.kindOf(key) === kindOf(options.method)) return key;
      throw new Error(`it is of the kind ${keys.kindOf(key)}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `${path}: this is no key for ${options.method}: ${reason}`;
      throw new AuthError("INVALID_OPTIONS", message, { cause: error });
    }
  };
  const sign = privateBytes && parse(options.privateKey, () => keys.readPrivateKey(privateBytes));
  const given = publicBytes && parse(options.publicKey, () => keys.readPublicKey(publicBytes));
  const derived = sign && keys.publicKeyOf(sign);
  if (given !== undefined && derived !== undefined && !keys.areEqual(given, derived)) {
    throw new AuthError("INVALID_OPTIONS", "auth: public and private keys don't match");
  }
  const verify = given ?? derived;
  if (verify === undefined) throw missing();
  return { verify, sign };
}

const missing = (): AuthError => new AuthError("INVALID_OPTIONS", "auth: missing key data");

function read(path: string | undefined, { readFile }: KeySource): Uint8Array | undefined {
  if (path === undefined) return undefined;
  try {
    return readFile(path);
  } catch (error) {
    throw invalidOptions(error instanceof Error ? error.message : String(error));
  }
}
