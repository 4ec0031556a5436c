import {
  fromBase64,
  type KeyId,
  type KeyMissing,
  keyText,
  type KeyValueView,
} from "@nodetcd/console/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useState } from "react";
import { apiUrl, get } from "../../data/api.ts";
import { useSession } from "../../data/queries.ts";
import { Icon } from "../../parts/icon.tsx";
import { Failed, Message } from "../../parts/states.tsx";
import { numberText, sizeText } from "../../parts/words.ts";
import { isPlainKey } from "../../shell/shortcuts.ts";
import { DeleteKeyDialog } from "./delete-key.tsx";
import { HistoryStrip } from "./history-strip.tsx";
import { decodeKubernetes } from "./kubernetes.ts";
import { kindText, textOfValue, valueKind } from "./value-kind.ts";
import { ValueView } from "./value-view.tsx";

const EditPane = lazy(async () => ({ default: (await import("./edit-pane.tsx")).EditPane }));

export function isMissing(view: KeyValueView | KeyMissing): view is KeyMissing {
  return "missing" in view;
}

/** One key: what it holds, since when, and what can be done with it. */
export function KeyDetail({
  id,
  revision,
  refresh,
}: {
  readonly id: KeyId;
  readonly revision: number | undefined;
  readonly refresh: () => void;
}): ReactNode {
  const { data: view, error } = useQuery({
    queryKey: ["value", id, revision],
    queryFn: ({ signal }) =>
      get<KeyValueView | KeyMissing>("keys/value", { key: id, revision }, signal),
    refetchInterval: revision === undefined ? 5_000 : false,
  });
  if (error !== null) {
    return (
      <section className="pane" aria-label="Key">
        <div className="bar">
          <h1 className="path">{keyText(fromBase64(id))}</h1>
        </div>
        <Failed error={error} what="This key" />
      </section>
    );
  }
  if (view === undefined)
    return (
      <section className="pane" aria-label="Key">
        <div className="bar">
          <h1 className="path">{keyText(fromBase64(id))}</h1>
        </div>
      </section>
    );
  if (isMissing(view)) return <Gone id={id} view={view} revision={revision} />;
  return <Present view={view} revision={revision} refresh={refresh} />;
}

function Gone({
  id,
  view,
  revision,
}: {
  readonly id: KeyId;
  readonly view: KeyMissing;
  readonly revision: number | undefined;
}): ReactNode {
  return (
    <section className="pane" aria-label="Key">
      <div className="bar">
        <h1 className="path">{keyText(fromBase64(id))}</h1>
      </div>
      <HistoryStrip id={id} />
      <div className="pad">
        <Message
          icon="info"
          title={`There is no such key at revision ${numberText(revision ?? view.revision)}.`}
        >
          What history has of it is above; a version of it can be restored.
        </Message>
      </div>
    </section>
  );
}

function Present({
  view,
  revision,
  refresh,
}: {
  readonly view: KeyValueView;
  readonly revision: number | undefined;
  readonly refresh: () => void;
}): ReactNode {
  const { data: session } = useSession();
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const bytes = useMemo(() => fromBase64(view.value), [view.value]);
  const value = useMemo(() => valueKind(bytes), [bytes]);
  const why = whyNotEditable(view, bytes, revision, session?.writes, session?.writesNote);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isPlainKey(event) && event.key === "e" && why === "") {
        event.preventDefault();
        setEditing(true);
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [why]);
  return (
    <section className="pane" aria-label="Key">
      <div className="bar">
        <KeyHead
          view={view}
          revision={revision}
          whyNotEdit={why}
          edit={() => setEditing(true)}
          askDelete={() => setDeleting(true)}
        />
        <Facts view={view} bytes={bytes} />
      </div>
      <HistoryStrip id={view.id} />
      {view.truncated ? (
        <div className="pad">
          <Message
            kind="warn"
            icon="look"
            title={`The first ${sizeText(bytes.length)} of ${sizeText(view.size)} are shown.`}
          >
            Download has all of it.
          </Message>
        </div>
      ) : null}
      <div className={editing ? "two" : ""}>
        <ValueView bytes={bytes} value={value} />
        {editing ? (
          <Suspense>
            <EditPane view={view} close={() => setEditing(false)} />
          </Suspense>
        ) : null}
      </div>
      {deleting ? (
        <DeleteKeyDialog view={view} close={() => setDeleting(false)} refresh={refresh} />
      ) : null}
    </section>
  );
}

/** The key's name, and what can be done with the key. */
function KeyHead({
  view,
  revision,
  whyNotEdit,
  edit,
  askDelete,
}: {
  readonly view: KeyValueView;
  readonly revision: number | undefined;
  /** Empty when it can be edited. */
  readonly whyNotEdit: string;
  readonly edit: () => void;
  readonly askDelete: () => void;
}): ReactNode {
  const { data: session } = useSession();
  const reason = whyNotEdit === "" ? {} : { title: whyNotEdit };
  return (
    <div className="row">
      <KeyPath id={view.id} />
      <CopyButton text={keyText(fromBase64(view.id))} />
      <button
        className="btn"
        aria-disabled={whyNotEdit !== ""}
        {...reason}
        onClick={() => whyNotEdit === "" && edit()}
      >
        <Icon name="pen" /> Edit
      </button>
      <a className="btn" href={apiUrl("keys/download", { key: view.id, revision })} download>
        <Icon name="download" /> Download
      </a>
      <button
        className="btn del"
        aria-disabled={session?.writes !== "open" || revision !== undefined}
        title={session?.writesNote}
        onClick={() => session?.writes === "open" && revision === undefined && askDelete()}
      >
        <Icon name="bin" /> Delete
      </button>
    </div>
  );
}

function whyNotEditable(
  view: KeyValueView,
  bytes: Uint8Array,
  revision: number | undefined,
  writes: string | undefined,
  note = "",
): string {
  if (revision !== undefined) return "The past cannot be edited. It can be restored.";
  if (writes !== "open") return note;
  if (view.truncated) return "This value is too large to edit here.";
  return textOfValue(bytes) === undefined ? "This value is no text. Import can replace it." : "";
}

/** The key with its prefixes as links into the tree. */
function KeyPath({ id }: { readonly id: KeyId }): ReactNode {
  const text = keyText(fromBase64(id));
  const cut = text.lastIndexOf("/", text.length - 2) + 1;
  return (
    <h1 className="path grow">
      <span className="faint">{text.slice(0, cut)}</span>
      {text.slice(cut)}
    </h1>
  );
}

function CopyButton({ text }: { readonly text: string }): ReactNode {
  const [done, setDone] = useState(false);
  return (
    <button
      className="btn bare ic"
      aria-label={done ? "Copied" : "Copy the key"}
      onClick={() => void navigator.clipboard.writeText(text).then(() => setDone(true))}
    >
      <Icon name={done ? "fine" : "copy"} />
    </button>
  );
}

function Facts({
  view,
  bytes,
}: {
  readonly view: KeyValueView;
  readonly bytes: Uint8Array;
}): ReactNode {
  const value = valueKind(bytes);
  const object = value.kind === "kubernetes" ? decodeKubernetes(bytes) : undefined;
  return (
    <dl className="facts above">
      {object === undefined ? null : (
        <div>
          <dt>Holds</dt>
          <dd>
            {object.apiVersion} {object.kind}
          </dd>
        </div>
      )}
      <div>
        <dt>Stored as</dt>
        <dd>
          {kindText(value)}, {view.size < 1_000 ? `${view.size} B` : sizeText(view.size)}
        </dd>
      </div>
      <div>
        <dt>Mod revision</dt>
        <dd className="mono">{numberText(view.modRevision)}</dd>
      </div>
      <div>
        <dt>Created at</dt>
        <dd className="mono">{numberText(view.createRevision)}</dd>
      </div>
      <div>
        <dt>Version</dt>
        <dd>{numberText(view.version)}</dd>
      </div>
      <div>
        <dt>Lease</dt>
        <dd className={view.lease === undefined ? "faint" : "mono"}>{view.lease ?? "none"}</dd>
      </div>
      <div>
        <dt>Link</dt>
        <dd>
          <Link to="/keys/$key" params={{ key: view.id }} search={{ at: view.modRevision }}>
            this version
          </Link>
        </dd>
      </div>
    </dl>
  );
}
