import { onAbort } from "@nodetcd/grpc";

/**
 * A signal that is aborted with the first of these, with its reason. Unlike `AbortSignal.any`, which leaves a
 * weak reference in each of them for ever (Node 20), nothing is left at them after `release`.
 */
export function firstAbort(sources: readonly AbortSignal[]): {
  readonly signal: AbortSignal;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const forgets = sources.map((source) => {
    const abort = (): void => controller.abort(source.reason);
    if (source.aborted) abort();
    return onAbort(source, abort);
  });
  return {
    signal: controller.signal,
    release: () => {
      for (const forget of forgets) forget();
    },
  };
}
