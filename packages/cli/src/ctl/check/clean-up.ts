import { EtcdError } from "@nodetcd/client";
import { METHODS } from "@nodetcd/messages";
import { errorText } from "../error-text.ts";
import { wireRange } from "../ranges.ts";
import type { Session } from "../session.ts";

const TIMEOUT_MS = 30_000;

/** Deletes the keys of a check. @returns the revision after it; undefined when it failed */
export async function cleanUp(session: Session, prefix: string): Promise<number | undefined> {
  const range = wireRange(prefix, undefined, { prefix: true });
  try {
    const { header } = await session.call(METHODS.KV.DeleteRange, range, TIMEOUT_MS);
    return header?.revision;
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    session.say(`FAIL: Cleanup failed during key deletion: ERROR(${errorText(error)})`);
    return undefined;
  }
}

/** `compactAt`: undefined does not compact. Raises `ExitError`. */
export async function compactAndDefragment(
  session: Session,
  { compactAt, defragment }: { compactAt: number | undefined; defragment: boolean },
): Promise<void> {
  const options = { timeoutMs: TIMEOUT_MS };
  if (compactAt !== undefined) {
    session.say(`Compacting with revision ${compactAt}`);
    await session.send(METHODS.KV.Compact, { revision: compactAt, physical: true }, options);
    session.say(`Compacted with revision ${compactAt}`);
  }
  if (!defragment) return;
  for (const endpoint of session.settings.endpoints) {
    session.say(`Defragmenting ${JSON.stringify(endpoint)}`);
    const one = session.at(endpoint);
    try {
      await one.send(METHODS.Maintenance.Defragment, {}, options);
    } finally {
      one.client.close();
    }
    session.say(`Defragmented ${JSON.stringify(endpoint)}`);
  }
}
