import type { Init, PutRequest, PutResponse } from "@nodetcd/messages";
import { type BytesLike, toBytes } from "./bytes-like.ts";
import { isBoolean, isLease, type OptionChecks } from "./check.ts";
import { type KeyValue, keyValueOf } from "./key-value.ts";

/** A lease, or its id. */
export type LeaseLike = bigint | { readonly id: bigint };

export interface PutOptions {
  /** The key is deleted when this lease ends. Default: none, and a lease it had is taken off. */
  lease?: LeaseLike;
  /** Answer what the key held before, in `previous`. Default false. */
  previous?: boolean;
  /** Keep the value, change the lease only; `value` must be empty. Default false. */
  ignoreValue?: boolean;
  /** Keep the lease, change the value only. Default false. */
  ignoreLease?: boolean;
}

export const PUT_OPTIONS: OptionChecks<PutOptions> = {
  lease: isLease,
  previous: isBoolean,
  ignoreValue: isBoolean,
  ignoreLease: isBoolean,
};

export interface PutResult {
  /** Store revision of this change. */
  revision: number;
  /** What the key held before, if `previous` was asked for and there was something. */
  previous: KeyValue | undefined;
}

/** Checks what came: a number as id would be another lease, or none. */
export function leaseId(lease: LeaseLike): bigint {
  isLease(lease, "lease");
  return typeof lease === "bigint" ? lease : lease.id;
}

/** The request of a Put; key and value bytes are borrowed until it is encoded. */
export function putRequest(
  key: BytesLike,
  value: BytesLike,
  options: PutOptions,
): Init<PutRequest> {
  const { lease = 0n } = options;
  return {
    key: toBytes(key, "key"),
    value: toBytes(value, "value"),
    lease: leaseId(lease),
    prevKv: options.previous,
    ignoreValue: options.ignoreValue,
    ignoreLease: options.ignoreLease,
  };
}

export function putResult(response: PutResponse): PutResult {
  return {
    revision: response.header?.revision ?? 0,
    previous: keyValueOf(response.prevKv),
  };
}
