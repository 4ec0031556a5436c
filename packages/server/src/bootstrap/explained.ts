import { MembershipError } from "@nodetcd/membership";
import { ServerError } from "../errors.ts";

/** Turns what speaks against a first start into a `ServerError`. */
export async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof MembershipError)) throw error;
    throw new ServerError("BAD_CONFIG", error.message, { cause: error });
  }
}
