import {
  keyText,
  type KeyMissing,
  type KeyValueView,
  toBase64,
  toBase64Url,
  fromBase64,
  type WriteResult,
} from "@nodetcd/console/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type ChangeEvent, type ReactNode, useMemo, useState } from "react";
import { get, post } from "../../data/api.ts";
import { queryClient, useSession } from "../../data/queries.ts";
import { DiffView } from "../../parts/diff-view.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Message, State } from "../../parts/states.tsx";
import { numberText, plural, sizeText } from "../../parts/words.ts";
import type { ByteSource } from "../../snapshot/pages.ts";
import { Snapshot, type StoredKey } from "../../snapshot/snapshot.ts";
import { isMissing } from "../keys/key-detail.tsx";
import { textOfValue, valueKind } from "../keys/value-kind.ts";
import { ValueView } from "../keys/value-view.tsx";

const SHOWN = 200;

function sourceOf(file: Blob): ByteSource {
  return {
    size: file.size,
    read: async (from, to) => new Uint8Array(await file.slice(from, to).arrayBuffer()),
  };
}

interface Opened {
  readonly name: string;
  readonly size: number;
  readonly snapshot: Snapshot;
}

/** Looks into a snapshot without sending it anywhere, and brings single keys back from it. */
export function OpenSnapshot(): ReactNode {
  const [seen, setSeen] = useState(0);
  const open = useMutation({
    mutationFn: async (file: File): Promise<Opened> => {
      setSeen(0);
      const snapshot = await Snapshot.open(sourceOf(file), setSeen);
      return { name: file.name, size: file.size, snapshot };
    },
  });
  const choose = ({ target }: ChangeEvent<HTMLInputElement>): void => {
    const file = target.files?.[0];
    if (file !== undefined) open.mutate(file);
    target.value = "";
  };
  const { data } = open;
  return (
    <section className="cell" aria-labelledby="look-head">
      <div className="ch">
        <h2 id="look-head">Look into a snapshot</h2>
      </div>
      <p className="note">
        A snapshot, or the <code>db</code> file of a stopped member. It is read in this browser and
        goes nowhere. A key of it can be brought back into the cluster.
      </p>
      <div className="row above">
        <label className="btn file">
          <Icon name="upload" /> Open a file
          <input
            className="vh"
            type="file"
            accept=".db,application/octet-stream"
            onChange={choose}
          />
        </label>
        <span role="status" className="dim small">
          {open.isPending
            ? `Reading: ${plural(seen, "version")} so far`
            : data === undefined
              ? ""
              : `${data.name}: ${sizeText(data.size)}, ${plural(data.snapshot.keys.length, "key")} at revision ${numberText(data.snapshot.revision)}, ${plural(data.snapshot.versions, "version")}`}
        </span>
      </div>
      {open.error === null ? null : (
        <Message kind="act" icon="act" title={`It cannot be read: ${open.error.message}.`} />
      )}
      {data === undefined ? null : <Keys key={data.name} snapshot={data.snapshot} />}
    </section>
  );
}

function Keys({ snapshot }: { readonly snapshot: Snapshot }): ReactNode {
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState<Uint8Array>();
  const found = useMemo(() => snapshot.search(words, SHOWN), [snapshot, words]);
  return (
    <div className="look-into above">
      <div>
        <label className="fld">
          <span>Find</span>
          <input
            data-search
            className="mono"
            autoComplete="off"
            spellCheck={false}
            placeholder="words of a key"
            value={words}
            onChange={({ target }) => setWords(target.value)}
          />
        </label>
        <ul className="file-keys" aria-label="Keys of the file" tabIndex={0}>
          {found.map((key) => {
            const text = keyText(key);
            return (
              <li key={text}>
                <button
                  className="hit mono"
                  aria-pressed={key === chosen}
                  onClick={() => setChosen(key)}
                >
                  {text}
                </button>
              </li>
            );
          })}
        </ul>
        <p className="note">
          {found.length === 0
            ? "No key of the file has all of these words."
            : found.length === SHOWN
              ? `The first ${SHOWN} are shown; more words show others.`
              : plural(found.length, "key")}
        </p>
      </div>
      {chosen === undefined ? (
        <p className="note">Choose a key to see its value, and what the cluster has.</p>
      ) : (
        <KeyOfFile key={keyText(chosen)} snapshot={snapshot} name={chosen} />
      )}
    </div>
  );
}

/** A key as the file has it, beside the cluster's. */
function KeyOfFile({
  snapshot,
  name,
}: {
  readonly snapshot: Snapshot;
  readonly name: Uint8Array;
}): ReactNode {
  const id = toBase64Url(name);
  const stored = useQuery({
    queryKey: ["stored", id, snapshot.revision, snapshot.versions],
    queryFn: async () => (await snapshot.get(name)) ?? null,
  });
  const live = useQuery({
    queryKey: ["value", id, undefined],
    queryFn: ({ signal }) => get<KeyValueView | KeyMissing>("keys/value", { key: id }, signal),
  });
  if (stored.error !== null) {
    return <Message kind="act" icon="act" title={stored.error.message} />;
  }
  const kept = stored.data;
  if (kept === undefined || kept === null) return null;
  return (
    <section aria-label="Key of the file">
      <h3 className="mono wrap">{keyText(name)}</h3>
      <p className="small dim">
        {sizeText(kept.value.length)}, version {String(kept.version)}, changed at{" "}
        {numberText(Number(kept.modRevision))}
      </p>
      {live.data === undefined ? null : <Against kept={kept} live={live.data} />}
      {live.error === null ? null : <Message kind="act" icon="act" title={live.error.message} />}
    </section>
  );
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function Against({
  kept,
  live,
}: {
  readonly kept: StoredKey;
  readonly live: KeyValueView | KeyMissing;
}): ReactNode {
  const now = isMissing(live) ? undefined : fromBase64(live.value);
  const same = now !== undefined && !(live as KeyValueView).truncated && isEqual(now, kept.value);
  const [before, after] = [now === undefined ? "" : textOfValue(now), textOfValue(kept.value)];
  return (
    <>
      <p>
        {same ? (
          <State is="fine">The cluster has the same value</State>
        ) : now === undefined ? (
          <State is="past">The cluster has no such key</State>
        ) : (
          <State is="look">The cluster has another value</State>
        )}
      </p>
      {same || now === undefined || before === undefined || after === undefined ? (
        <ValueView bytes={kept.value} value={valueKind(kept.value)} />
      ) : (
        <DiffView before={before} after={after} label="What restoring changes" />
      )}
      {same ? null : <Restore kept={kept} live={live} />}
    </>
  );
}

function Restore({
  kept,
  live,
}: {
  readonly kept: StoredKey;
  readonly live: KeyValueView | KeyMissing;
}): ReactNode {
  const { data: session } = useSession();
  const open = session?.writes === "open";
  const restore = useMutation({
    mutationFn: () =>
      post<WriteResult>("keys/put", {
        key: toBase64Url(kept.key),
        value: toBase64(kept.value),
        expect: isMissing(live) ? 0 : live.modRevision,
        keepLease: !isMissing(live),
      }),
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: ["value"] }),
  });
  return (
    <>
      {restore.error === null ? null : (
        <Message kind="act" icon="act" title={restore.error.message} />
      )}
      {restore.data?.written === false ? (
        <Message
          kind="warn"
          icon="look"
          title="Somebody was faster: look at the difference again."
        />
      ) : null}
      <div className="row above">
        <button
          className="btn pri"
          aria-disabled={!open}
          title={open ? undefined : session?.writesNote}
          onClick={() => open && restore.mutate()}
        >
          Restore this key
        </button>
        <span className="dim small">
          Written only if the cluster's key is still as it is above.
        </span>
      </div>
    </>
  );
}
