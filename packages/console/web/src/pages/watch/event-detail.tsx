import {
  fromBase64,
  type KeyMissing,
  keyText,
  type KeyValueView,
  type TailEvent,
} from "@nodetcd/console/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { get } from "../../data/api.ts";
import { DiffView } from "../../parts/diff-view.tsx";
import { Failed } from "../../parts/states.tsx";
import { comparableText } from "../../parts/value-text.ts";
import { numberText } from "../../parts/words.ts";

/** What one event changed, read from history when somebody looks. */
export function EventDetail({ event }: { readonly event: TailEvent }): ReactNode {
  const read = (revision: number) => ({
    queryKey: ["value", event.id, revision],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      get<KeyValueView | KeyMissing>("keys/value", { key: event.id, revision }, signal),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: revision > 0,
  });
  const before = useQuery(read(event.revision - 1));
  const after = useQuery(read(event.revision));
  const error = after.error ?? before.error;
  const text = keyText(fromBase64(event.id));
  return (
    <section aria-labelledby="event-head">
      <div className="ch">
        <h2 id="event-head" className="wrap">
          {text.slice(text.lastIndexOf("/", text.length - 2) + 1)}
        </h2>
        <span className="more mono">{numberText(event.revision)}</span>
      </div>
      <p className="note">
        {event.kind === "create"
          ? "Made."
          : event.kind === "delete"
            ? "Deleted."
            : `Put over version ${numberText(event.version - 1)}.`}
      </p>
      {error === null ? null : <Failed error={error} what="What changed" />}
      {after.data === undefined || before.data === undefined ? null : (
        <DiffView
          before={comparableText(before.data)}
          after={comparableText(after.data)}
          label="What changed"
        />
      )}
      <div className="row">
        <Link className="btn" to="/keys/$key" params={{ key: event.id }}>
          Open the key
        </Link>
        <Link
          className="btn bare"
          to="/keys/$key"
          params={{ key: event.id }}
          search={{ at: event.revision }}
        >
          As it was then
        </Link>
      </div>
    </section>
  );
}
