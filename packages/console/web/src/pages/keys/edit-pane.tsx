import {
  fromBase64,
  type KeyMissing,
  type KeyValueView,
  toBase64,
  type WriteResult,
} from "@nodetcd/console/contract";
import { useMutation, type UseMutationResult } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { post } from "../../data/api.ts";
import { queryClient } from "../../data/queries.ts";
import { Editor } from "../../parts/editor.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Message } from "../../parts/states.tsx";
import { numberText, plural, sizeText } from "../../parts/words.ts";
import { valueKind } from "./value-kind.ts";

const encoder = new TextEncoder();

/** An edit beside the value: what changes is marked all the time, and written only if nobody was faster. */
export function EditPane({
  view,
  close,
}: {
  readonly view: KeyValueView;
  readonly close: () => void;
}): ReactNode {
  const [base, setBase] = useState(view);
  const original = useMemo(() => new TextDecoder().decode(fromBase64(base.value)), [base]);
  const [text, setText] = useState(original);
  const write = useWrite(base, text, close);
  const changes = changedLines(original, text);
  const grown = encoder.encode(text).length - base.size;
  const lost = write.data?.written === false ? write.data.current : undefined;
  const submit = (): void => {
    if (changes > 0 && !write.isPending) write.mutate();
  };
  const isJson = valueKind(fromBase64(base.value)).kind === "json";
  const broken = isJson ? jsonFault(text) : "";
  return (
    <section aria-label="Your edit">
      <EditSummary revision={base.modRevision} changes={changes} grown={grown} />
      <Editor
        label="New value"
        original={original}
        text={text}
        onChange={setText}
        language={isJson ? "json" : "yaml"}
        onSubmit={submit}
        onEscape={close}
      />
      <div className="bar">
        {broken === "" ? null : (
          <Message kind="warn" icon="look" title="This is no JSON any more">
            {broken}
          </Message>
        )}
        {lost === undefined ? null : (
          <Conflict
            current={lost}
            take={(newer) => {
              setBase(newer);
              write.reset();
            }}
          />
        )}
        {write.error === null ? null : (
          <Message kind="act" icon="act" title={write.error.message} />
        )}
        <div className="row">
          <button className="btn pri" disabled={changes === 0 || write.isPending} onClick={submit}>
            Write {plural(changes, "change")}
          </button>
          <button className="btn bare" onClick={close}>
            Discard
          </button>
          <kbd>Ctrl Enter</kbd>
        </div>
      </div>
    </section>
  );
}

/** Writes the text if the key is still at the revision of `base`. */
function useWrite(
  base: KeyValueView,
  text: string,
  close: () => void,
): UseMutationResult<WriteResult, Error, void> {
  return useMutation({
    mutationFn: () =>
      post<WriteResult>("keys/put", {
        key: base.id,
        value: toBase64(encoder.encode(text)),
        expect: base.modRevision,
        keepLease: true,
      }),
    onSuccess: (result) => {
      if (!result.written) return;
      void queryClient.invalidateQueries({ queryKey: ["value", base.id] });
      close();
    },
  });
}

/** What a write would change: the number of lines, and by how many bytes the value has `grown`. */
function EditSummary({
  revision,
  changes,
  grown,
}: {
  readonly revision: number;
  readonly changes: number;
  readonly grown: number;
}): ReactNode {
  return (
    <div className="bar">
      <div className="row">
        <span className="st warn">
          <Icon name="pen" /> Not written yet
        </span>
        <span className="dim small">
          {plural(changes, "line")} {changes === 1 ? "changes" : "change"},{" "}
          {grown === 0
            ? "same size"
            : `${sizeText(Math.abs(grown))} ${grown > 0 ? "more" : "less"}`}
        </span>
      </div>
      <p className="note">
        Written only if the key is still at <span className="mono">{numberText(revision)}</span>. If
        somebody was faster you see both versions and choose.
      </p>
    </div>
  );
}

/** Lines that differ, once what is equal at both ends is left out: for "Write 2 changes". */
function changedLines(before: string, after: string): number {
  if (before === after) return 0;
  const a = before.split("\n");
  const b = after.split("\n");
  const rest = new Map<string, number>();
  for (const line of a) rest.set(line, (rest.get(line) ?? 0) + 1);
  let added = 0;
  for (const line of b) {
    const left = rest.get(line) ?? 0;
    if (left > 0) rest.set(line, left - 1);
    else added++;
  }
  const removed = [...rest.values()].reduce((sum, left) => sum + left, 0);
  return Math.max(1, added, removed);
}

function jsonFault(text: string): string {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Somebody was faster: both versions are there, and the difference shows against the newer one. */
function Conflict({
  current,
  take,
}: {
  readonly current: KeyValueView | KeyMissing;
  readonly take: (newer: KeyValueView) => void;
}): ReactNode {
  if ("missing" in current) {
    return (
      <Message
        kind="act"
        icon="act"
        title="Somebody deleted the key meanwhile. Nothing was written."
      >
        Discard, or make the key anew.
      </Message>
    );
  }
  return (
    <Message
      kind="warn"
      icon="look"
      title={`Somebody was faster: the key is at ${numberText(current.modRevision)} now. Nothing was written.`}
      actions={
        <button className="btn" onClick={() => take(current)}>
          Show my text against the newer version
        </button>
      }
    >
      Your text stays. Look at what differs, then write over the newer version or take it over by
      hand.
    </Message>
  );
}
