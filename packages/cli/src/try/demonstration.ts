import type { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";

/** Seconds: so short that somebody who looks on sees it end. */
const LEASE_SECONDS = 2;

/**
 * A put, a watch and a lease, each as the command that does it, with what the member answered just now.
 *
 * @param ctl the words in front of a command of ctl at this member
 * @param say writes to the terminal
 */
export async function demonstrate(
  client: Client,
  ctl: string,
  say: (text: string) => void,
): Promise<void> {
  const command = (text: string): void => say(`\n  $ ${ctl} ${text}\n`);

  say("\nA key is written, and read. Each change of the store has a number, its revision:\n");
  command("put greeting hello");
  const { revision } = await client.put("greeting", "hello");
  say(`  OK                                    revision ${revision}\n`);
  command("get greeting");
  say(`  ${(await client.get("greeting"))?.text()}\n`);

  say("\nA watch tells of every change, also of those before it came:\n");
  command(`watch greeting --rev=${revision}`);
  await using watcher = client.watch("greeting", { startRevision: revision });
  const changes = watcher[Symbol.asyncIterator]();
  const show = async (): Promise<"put" | "delete" | undefined> => {
    const { value: event } = await changes.next();
    if (event === undefined) return undefined;
    const { type, keyValue } = event;
    const what = type === "put" ? `PUT     ${keyValue.text()}` : "DELETE";
    say(`  ${what.padEnd(36)}  revision ${keyValue.modRevision}\n`);
    return type;
  };
  await client.put("greeting", "good morning");
  await show();
  await show();

  say(`\nA key on a lease goes with it when nobody renews it for ${LEASE_SECONDS} s:\n`);
  const lease = await client.leases.grant(LEASE_SECONDS);
  command(`lease grant ${LEASE_SECONDS}`);
  say(`  lease ${lease.id.toString(16)} granted\n`);
  command(`put greeting "for a moment" --lease=${lease.id.toString(16)}`);
  await client.put("greeting", "for a moment", { lease });
  const begun = nodeRuntime.clock.monotonic();
  while ((await show()) === "put");
  const seconds = ((nodeRuntime.clock.monotonic() - begun) / 1_000).toFixed(1);
  say(`  ${seconds} s later, and the watch was told.\n`);
}
