import type { Group, ScenarioNode } from "./group.ts";
import { deliverMessages, hasMessages } from "./deliver.ts";
import { processAppendThread, processApplyThread, processReady } from "./process.ts";

/** Lets the given nodes work and talk, a round after the other, until there is nothing left to do. */
export function stabilize(group: Group, nodes: readonly ScenarioNode[]): void {
  for (let busy = true; busy;) {
    busy = false;
    for (const node of nodes) {
      if (!node.raw.hasReady()) continue;
      busy = true;
      group.output.write(`> ${node.id} handling Ready\n`);
      group.output.indented(() => processReady(group, node));
    }
    for (const node of nodes) {
      if (!hasMessages(group, node.id)) continue;
      busy = true;
      group.output.write(`> ${node.id} receiving messages\n`);
      group.output.indented(() => deliverMessages(group, [{ id: node.id, drop: false }]));
    }
    for (const node of nodes) {
      if (node.appendWork.length === 0) continue;
      busy = true;
      group.output.write(`> ${node.id} processing append thread\n`);
      while (node.appendWork.length > 0) {
        group.output.indented(() => processAppendThread(group, node));
      }
    }
    for (const node of nodes) {
      if (node.applyWork.length === 0) continue;
      busy = true;
      group.output.write(`> ${node.id} processing apply thread\n`);
      while (node.applyWork.length > 0) {
        group.output.indented(() => processApplyThread(group, node));
      }
    }
  }
}
