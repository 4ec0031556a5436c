import type { KeyId, TailBatch, TailBegin, TailEnd, TailEvent } from "@nodetcd/console/contract";
import { useCallback, useEffect, useRef, useState } from "react";
import { apiUrl } from "../../data/api.ts";

/** Lines that the page keeps; older ones leave. History has them all. */
const KEPT_LINES = 2_000;
/** Seconds of rates that the chart shows. */
const RATE_SECONDS = 300;

/** A line of the tail: a change, or a gap of changes that were not sent. */
export type TailLine =
  | { readonly kind: "event"; readonly event: TailEvent; readonly at: number }
  | {
      readonly kind: "gap";
      readonly from: number;
      readonly to: number;
      readonly count: number;
      readonly at: number;
    };

export interface TailState {
  /** Newest first. */
  readonly lines: readonly TailLine[];
  readonly total: number;
  /** Events of each second, oldest first; `at` in seconds. */
  readonly rates: readonly { readonly at: number; readonly count: number }[];
  /** Events by prefix in the last minute. */
  readonly groups: ReadonlyMap<KeyId, number>;
  readonly state: "opening" | "live" | "broken" | "ended";
  readonly end: TailEnd | undefined;
  readonly last: number;
}

const EMPTY: TailState = {
  lines: [],
  total: 0,
  rates: [],
  groups: new Map(),
  state: "opening",
  end: undefined,
  last: 0,
};

export interface TailRequest {
  readonly prefix: KeyId;
  readonly pattern: string;
  readonly from: number | undefined;
}

export interface Tail extends TailState {
  readonly paused: boolean;
  readonly waiting: number;
  readonly pause: () => void;
}

/** Reads the stream. While it is paused nothing is drawn; what came is counted and drawn afterwards. */
export function useTail({ prefix, pattern, from }: TailRequest): Tail {
  const [state, setState] = useState(EMPTY);
  const [paused, setPaused] = useState(false);
  const [waiting, setWaiting] = useState(0);
  const held = useRef<TailBatch[]>([]);
  const isPaused = useRef(false);
  const minute = useRef<TailBatch[]>([]);

  useEffect(() => {
    setState(EMPTY);
    held.current = [];
    minute.current = [];
    const source = new EventSource(apiUrl("watch", { prefix, pattern, from }));
    let frame = 0;
    const draw = (): void => {
      frame = 0;
      if (isPaused.current) {
        setWaiting(held.current.reduce((sum, batch) => sum + size(batch), 0));
        return;
      }
      const batches = held.current;
      held.current = [];
      if (batches.length > 0) setState((before) => withBatches(before, batches, minute.current));
    };
    source.addEventListener("begin", (event: MessageEvent<string>) => {
      const { revision } = JSON.parse(event.data) as TailBegin;
      setState((before) => ({ ...before, state: "live", last: Math.max(before.last, revision) }));
    });
    source.addEventListener("batch", (event: MessageEvent<string>) => {
      const batch = JSON.parse(event.data) as TailBatch;
      held.current.push(batch);
      minute.current.push(batch);
      // A tab in the background draws no frames: what waits is folded, so that it stays small.
      if (held.current.length > 300) held.current = [fold(held.current)];
      frame ||= requestAnimationFrame(draw);
    });
    source.addEventListener("gone", (event: MessageEvent<string>) => {
      source.close();
      const end = JSON.parse(event.data) as TailEnd;
      setState((before) => ({ ...before, state: "ended", end }));
    });
    source.onerror = () => setState((before) => ({ ...before, state: "broken" }));
    source.onopen = () => setState((before) => ({ ...before, state: "live" }));
    const tick = setInterval(() => {
      const now = Date.now();
      minute.current = minute.current.filter(({ at }) => now - at < 60_000);
      if (!isPaused.current)
        setState((before) => ({ ...before, groups: groupsOf(minute.current) }));
    }, 2_000);
    return () => {
      source.close();
      cancelAnimationFrame(frame);
      clearInterval(tick);
    };
  }, [prefix, pattern, from]);

  const pause = useCallback(() => {
    isPaused.current = !isPaused.current;
    setPaused(isPaused.current);
    if (isPaused.current) return;
    const batches = held.current;
    held.current = [];
    setWaiting(0);
    setState((before) => withBatches(before, batches, minute.current));
  }, []);
  return { ...state, paused, waiting, pause };
}

function size({ events, skipped }: TailBatch): number {
  return events.length + skipped;
}

/** Many batches as one: the events of the last, all others counted. */
function fold(batches: readonly TailBatch[]): TailBatch {
  const last = batches.at(-1)!;
  const all = batches.reduce((sum, batch) => sum + size(batch), 0);
  return {
    ...last,
    firstRevision: batches[0]!.firstRevision,
    skipped: all - last.events.length,
    counts: [],
  };
}

function linesOf(batch: TailBatch): TailLine[] {
  const { at, events, skipped, firstRevision } = batch;
  const lines: TailLine[] = events.map((event) => ({ kind: "event", event, at }));
  if (skipped === 0) return lines;
  const to = (events[0]?.revision ?? batch.lastRevision + 1) - 1;
  return [{ kind: "gap", from: firstRevision, to, count: skipped, at }, ...lines];
}

function withBatches(
  before: TailState,
  batches: readonly TailBatch[],
  minute: readonly TailBatch[],
): TailState {
  const fresh = batches.flatMap(linesOf).toReversed();
  const rates = [...before.rates];
  for (const batch of batches) {
    const second = Math.floor(batch.at / 1_000);
    const last = rates.at(-1);
    if (last?.at === second)
      rates[rates.length - 1] = { at: second, count: last.count + size(batch) };
    else rates.push({ at: second, count: size(batch) });
  }
  const newest = rates.at(-1)?.at ?? 0;
  return {
    ...before,
    lines: [...fresh, ...before.lines].slice(0, KEPT_LINES),
    total: before.total + batches.reduce((sum, batch) => sum + size(batch), 0),
    rates: rates.filter(({ at }) => newest - at < RATE_SECONDS),
    groups: before.groups.size === 0 ? groupsOf(minute) : before.groups,
    last: batches.at(-1)?.lastRevision ?? before.last,
  };
}

function groupsOf(batches: readonly TailBatch[]): ReadonlyMap<KeyId, number> {
  const groups = new Map<KeyId, number>();
  for (const { counts } of batches) {
    for (const [id, count] of counts) groups.set(id, (groups.get(id) ?? 0) + count);
  }
  return groups;
}
