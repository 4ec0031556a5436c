import { parseKeyText, toBase64, toBase64Url, type WriteResult } from "@nodetcd/console/contract";
import { useMutation, type UseMutationResult } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { post } from "../../data/api.ts";
import { useSession } from "../../data/queries.ts";
import { useStanding } from "../../data/standing.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Message } from "../../parts/states.tsx";

/** Makes a key that is not there yet. */
export function NewKeyButton({ refresh }: { readonly refresh: () => void }): ReactNode {
  const [asking, setAsking] = useState(false);
  const { data: session } = useSession();
  const { revision } = useStanding();
  const why =
    revision !== undefined
      ? "The past cannot be edited."
      : session?.writes === "open"
        ? ""
        : (session?.writesNote ?? "");
  return (
    <>
      <button
        className="btn"
        aria-disabled={why !== ""}
        title={why === "" ? undefined : why}
        onClick={() => why === "" && setAsking(true)}
      >
        <Icon name="plus" /> New
      </button>
      {asking ? <NewKeyDialog close={() => setAsking(false)} refresh={refresh} /> : null}
    </>
  );
}

function NewKeyDialog({
  close,
  refresh,
}: {
  readonly close: () => void;
  readonly refresh: () => void;
}): ReactNode {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const put = usePutNew(key, value, () => {
    close();
    refresh();
  });
  return (
    <Dialog label="New key" close={close}>
      <form
        className="ks form"
        onSubmit={(event) => {
          event.preventDefault();
          put.mutate();
        }}
      >
        <h2>New key</h2>
        <label>
          Key; \x00 writes a byte
          <input
            className="inp mono"
            autoFocus
            required
            autoComplete="off"
            spellCheck={false}
            value={key}
            onChange={({ target }) => setKey(target.value)}
          />
        </label>
        <label>
          Value
          <textarea
            className="inp mono"
            rows={8}
            spellCheck={false}
            value={value}
            onChange={({ target }) => setValue(target.value)}
          />
        </label>
        {put.data?.written === false ? (
          <Message
            kind="warn"
            icon="look"
            title="This key is there already. Nothing was written."
          />
        ) : null}
        {put.error === null ? null : <Message kind="act" icon="act" title={put.error.message} />}
        <div className="row">
          <button className="btn pri" disabled={key === "" || put.isPending}>
            Write 1 key
          </button>
          <button type="button" className="btn bare" onClick={close}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Writes the key if it is not there yet, and goes to it. */
function usePutNew(
  key: string,
  value: string,
  done: () => void,
): UseMutationResult<WriteResult, Error, void> {
  const navigate = useNavigate();
  const id = toBase64Url(parseKeyText(key));
  return useMutation({
    mutationFn: () =>
      post<WriteResult>("keys/put", {
        key: id,
        value: toBase64(new TextEncoder().encode(value)),
        expect: 0,
        keepLease: false,
      }),
    onSuccess: (result) => {
      if (!result.written) return;
      done();
      void navigate({ to: "/keys/$key", params: { key: id } });
    },
  });
}
