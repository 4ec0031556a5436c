import type { Client } from "@nodetcd/client";
import type { App } from "../app.ts";
import { ConsoleError } from "../errors.ts";
import { memberViews } from "../health/member-views.ts";
import { bytesText, numberText } from "../health/words.ts";
import type { Members } from "../members/ask-members.ts";
import { hexId } from "../samples/sample.ts";
import { defragmentOrder } from "./defragment.ts";
import type { Step } from "../task.ts";

/**
 * Out of NOSPACE: compact, defragment each member (without waiting for the fsync gate: the cluster takes
 * no puts anyway), see that there is room, and only then lift the alarm.
 */
export async function makeRoomSteps(
  app: App,
  client: Client,
  members: Members,
  revision: number,
): Promise<Step[]> {
  const { reports, sample } = await app.sampler.look(0);
  const order = defragmentOrder(reports, sample.leader).map(({ member }) => member);
  return [
    {
      label: `Compact to ${numberText(revision)}`,
      run: async ({ say }) => {
        say("Old revisions are taken out of the pages");
        await client.compact(revision, { physical: true, timeoutMs: 600_000 });
        return `${numberText(revision - sample.oldest)} revisions went`;
      },
    },
    ...order.map((member) => ({
      label: `Defragment ${member.name || hexId(member.id)}`,
      run: async ({ say }: { say: (detail: string) => void }) => {
        say("It answers nothing until its file is rewritten");
        const line = await members.of(member.id);
        if (line === undefined) throw new ConsoleError("UNAVAILABLE", "it has no address");
        await line.maintenance.defragment();
        return "Free pages went back to the disk";
      },
    })),
    { label: "See that there is room", run: () => checkRoom(app) },
    {
      label: "Disarm NOSPACE",
      run: async () => {
        const lifted = await client.maintenance.disarm();
        return lifted.length === 0 ? "It was not raised" : "Puts are taken again";
      },
    },
  ];
}

async function checkRoom(app: App): Promise<string> {
  const { reports, sample } = await app.sampler.look(0);
  const views = memberViews(reports, sample);
  const full = views.find(
    ({ dbSize, quota }) => dbSize !== undefined && quota !== undefined && dbSize > quota * 0.9,
  );
  if (full !== undefined) {
    throw new ConsoleError(
      "CONFLICT",
      `${full.name || full.id} still has ${bytesText(full.dbSize!)} of ${bytesText(full.quota!)}: delete keys, or raise its --quota-backend-bytes`,
    );
  }
  return views.map(({ name, id, dbSize }) => `${name || id} ${bytesText(dbSize ?? 0)}`).join(", ");
}
