import {
  parseKeyText,
  toBase64Url,
  type ImportResult,
  type WriteResult,
} from "@nodetcd/console/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useDeferredValue, useState } from "react";
import { apiUrl, get, post } from "../../data/api.ts";
import { useSession } from "../../data/queries.ts";
import { useStanding } from "../../data/standing.ts";
import { Icon } from "../../parts/icon.tsx";
import { Message } from "../../parts/states.tsx";
import { TypedName } from "../../parts/typed-name.tsx";
import { numberText, plural } from "../../parts/words.ts";

interface Counted {
  readonly count: number;
  readonly revision: number;
}

/** What can be done with many keys at once; shown while no single key is chosen. `all`: all keys, as the tree has counted them. */
export function PrefixPane({
  all,
  refresh,
}: {
  readonly all: Counted | undefined;
  readonly refresh: () => void;
}): ReactNode {
  const [prefix, setPrefix] = useState("");
  const { revision } = useStanding();
  const wanted = useDeferredValue(prefix);
  const id = toBase64Url(parseKeyText(wanted));
  const { data: counted } = useQuery({
    queryKey: ["count", id],
    enabled: id !== "",
    queryFn: ({ signal }) => get<Counted>("keys/count", { prefix: id }, signal),
  });
  const preview = id === "" ? all : counted;
  return (
    <section className="pane" aria-label="Many keys">
      <div className="head">
        <h1>Keys</h1>
        <p>Choose a key on the left, or work with all keys of a prefix.</p>
      </div>
      <div className="sheet">
        <section className="cell" aria-labelledby="many-head">
          <h2 id="many-head">All keys that begin with</h2>
          <label className="fld wide-fld">
            <span className="vh">Prefix</span>
            <input
              className="mono"
              placeholder="nothing: all keys"
              autoComplete="off"
              spellCheck={false}
              value={prefix}
              onChange={({ target }) => setPrefix(target.value)}
            />
            <span className="nowrap">
              {preview === undefined ? "" : plural(preview.count, "key")}
            </span>
          </label>
          <div className="row above">
            <a className="btn" href={apiUrl("keys/export", { prefix: id, revision })} download>
              <Icon name="download" /> Export{" "}
              {preview === undefined ? "" : plural(preview.count, "key")}
            </a>
          </div>
          <p className="note">
            Lines of JSON with key and value in base64, at one revision. Import takes the same.
          </p>
        </section>
        <ImportCell refresh={refresh} />
        <DeleteCell id={id} prefix={wanted} preview={preview} refresh={refresh} />
      </div>
    </section>
  );
}

interface Line {
  readonly key: string;
  readonly value: string;
}

function parseLines(text: string): Line[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, at) => {
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        throw new Error(`Line ${at + 1} is no JSON`);
      }
      const { key, value: held } = (value ?? {}) as Partial<Line>;
      if (typeof key === "string" && typeof held === "string") return { key, value: held };
      throw new Error(`Line ${at + 1} has no key and value in base64`);
    });
}

function ImportCell({ refresh }: { readonly refresh: () => void }): ReactNode {
  const { data: session } = useSession();
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [fault, setFault] = useState("");
  const [existing, setExisting] = useState<"keep" | "replace">("keep");
  const put = useMutation({
    mutationFn: () => post<ImportResult>("keys/import", { lines, existing }),
    onSuccess: refresh,
  });
  const open = session?.writes === "open";
  return (
    <section className="cell c6" aria-labelledby="import-head">
      <h2 id="import-head">Import</h2>
      <label className="btn file">
        <Icon name="upload" /> Choose a file
        <input
          type="file"
          className="vh"
          accept=".jsonl,.ndjson,.json,.txt"
          onChange={({ target }) => {
            const file = target.files?.[0];
            // The same file can be chosen again after it was changed.
            target.value = "";
            setFault("");
            setLines([]);
            void file
              ?.text()
              .then((text) => setLines(parseLines(text)))
              .catch((error: unknown) => setFault(String(error)));
          }}
        />
      </label>
      <label className="row check">
        <input
          type="checkbox"
          checked={existing === "replace"}
          onChange={({ target }) => setExisting(target.checked ? "replace" : "keep")}
        />
        Replace keys that are there already
      </label>
      <div className="row">
        <button
          className="btn pri"
          disabled={!open || lines.length === 0 || put.isPending}
          title={open ? undefined : session?.writesNote}
          onClick={() => put.mutate()}
        >
          Write {plural(lines.length, "key")}
        </button>
      </div>
      {fault === "" ? null : <Message kind="act" icon="act" title={fault} />}
      {put.error === null ? null : <Message kind="act" icon="act" title={put.error.message} />}
      {put.data === undefined ? null : (
        <Message
          icon="fine"
          title={`${plural(put.data.written, "key")} written, ${numberText(put.data.kept)} kept as they were.`}
        />
      )}
    </section>
  );
}

function DeleteCell({
  id,
  prefix,
  preview,
  refresh,
}: {
  readonly id: string;
  readonly prefix: string;
  readonly preview: Counted | undefined;
  readonly refresh: () => void;
}): ReactNode {
  const { data: session } = useSession();
  const remove = useMutation({
    mutationFn: () =>
      post<WriteResult>("keys/delete", {
        prefix: id,
        name: prefix,
        expectCount: preview?.count,
        revision: preview?.revision,
      }),
    onSuccess: refresh,
  });
  const count = preview?.count ?? 0;
  const open = session?.writes === "open";
  return (
    <section className="cell c6" aria-labelledby="delete-head">
      <h2 id="delete-head">Delete</h2>
      {prefix === "" ? (
        <p className="note">
          Give a prefix above; deleting all keys of a cluster is not done here.
        </p>
      ) : (
        <div className="form" key={prefix}>
          <Message kind="act" icon="act" title={`${plural(count, "key")} would go.`}>
            Only if none has changed since revision {numberText(preview?.revision ?? 0)}. History
            keeps them until the next compaction.
          </Message>
          <TypedName name={prefix}>
            {(typed) => (
              <button
                className="btn del sure"
                disabled={!typed || !open || count === 0 || remove.isPending}
                title={open ? undefined : session?.writesNote}
                onClick={() => remove.mutate()}
              >
                Delete {plural(count, "key")}
              </button>
            )}
          </TypedName>
        </div>
      )}
      {remove.error === null ? null : (
        <Message kind="act" icon="act" title={remove.error.message} />
      )}
      {remove.data?.written === true ? (
        <Message icon="fine" title={`${plural(remove.data.count, "key")} deleted.`} />
      ) : null}
    </section>
  );
}
