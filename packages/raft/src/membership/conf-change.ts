import {
  ConfChange,
  ConfChangeTransition,
  ConfChangeType,
  ConfChangeV2,
  EntryType,
  NO_BYTES,
  type ConfChangeSingle,
  type Entry,
} from "@nodetcd/messages";
import { normalEntry } from "../entry.ts";
import { quoteBytes } from "../quote.ts";

/** Either generation of the message; the newer one can say all that the older can. */
export type AnyConfChange = ConfChange | ConfChangeV2;

export function isV2(change: AnyConfChange): change is ConfChangeV2 {
  return "changes" in change;
}

/** The change in its newer form; `context` is shared, not copied. */
export function asV2(change: AnyConfChange): ConfChangeV2 {
  if (isV2(change)) return change;
  return {
    transition: ConfChangeTransition.ConfChangeTransitionAuto,
    changes: [{ type: change.type, nodeId: change.nodeId }],
    context: change.context,
  };
}

/** An entry to propose that carries the change, in the generation it was given in. */
export function confChangeEntry(change: AnyConfChange): Entry {
  return isV2(change)
    ? { ...normalEntry(ConfChangeV2.encode(change)), type: EntryType.EntryConfChangeV2 }
    : { ...normalEntry(ConfChange.encode(change)), type: EntryType.EntryConfChange };
}

/** An entry that leaves a joint configuration. Its data is empty, so that no limit can refuse it. */
export function leaveJointEntry(): Entry {
  return { ...normalEntry(NO_BYTES), type: EntryType.EntryConfChangeV2 };
}

/** The change that an entry carries, `undefined` for a normal entry. */
export function confChangeOf(entry: Entry): ConfChangeV2 | undefined {
  if (entry.type === EntryType.EntryNormal) return undefined;
  if (entry.type === EntryType.EntryConfChangeV2) return ConfChangeV2.decode(entry.data);
  return asV2(ConfChange.decode(entry.data));
}

/** True for the change that means "leave the joint configuration". */
export function leavesJoint(change: ConfChangeV2): boolean {
  return (
    change.transition === ConfChangeTransition.ConfChangeTransitionAuto &&
    change.changes.length === 0
  );
}

/**
 * How a change enters a joint configuration, `undefined` when it is simple. Several changes at once
 * are never simple, whether or not they would fit.
 */
export function entersJoint(change: ConfChangeV2): { readonly autoLeave: boolean } | undefined {
  const auto = change.transition === ConfChangeTransition.ConfChangeTransitionAuto;
  if (auto && change.changes.length <= 1) return undefined;
  return {
    autoLeave: change.transition !== ConfChangeTransition.ConfChangeTransitionJointExplicit,
  };
}

const TRANSITION_NAMES = Object.keys(ConfChangeTransition);
const TYPE_NAMES = Object.keys(ConfChangeType);

/** `transition:ConfChangeTransitionAuto changes:{type:ConfChangeAddNode node_id:4}` */
export function describeConfChange(change: ConfChangeV2): string {
  const single = (one: ConfChangeSingle): string =>
    ` changes:{type:${TYPE_NAMES[one.type]} node_id:${one.nodeId}}`;
  const changes = change.changes.map(single).join("");
  const context = change.context.length > 0 ? ` context:${quoteBytes(change.context)}` : "";
  return `transition:${TRANSITION_NAMES[change.transition]}${changes}${context}`;
}
