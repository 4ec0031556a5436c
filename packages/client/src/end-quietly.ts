import { EtcdError } from "./errors.ts";

/**
 * What the end of an `await using` scope waits for. That the lease has ended already is no error there,
 * nor that the client was closed: the lease then runs out.
 */
export async function endQuietly(end: Promise<void>): Promise<void> {
  try {
    await end;
  } catch (error) {
    const ended =
      error instanceof EtcdError &&
      (error.code === "LEASE_NOT_FOUND" || error.code === "CLIENT_CLOSED");
    if (!ended) throw error;
  }
}
