import {
  fromBase64,
  keyText,
  type KeyValueView,
  type WriteResult,
} from "@nodetcd/console/contract";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { post } from "../../data/api.ts";
import { queryClient } from "../../data/queries.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Message } from "../../parts/states.tsx";
import { numberText, sizeText } from "../../parts/words.ts";

/** Deletes one key, if it is still what is shown. */
export function DeleteKeyDialog({
  view,
  close,
  refresh,
}: {
  readonly view: KeyValueView;
  readonly close: () => void;
  readonly refresh: () => void;
}): ReactNode {
  const navigate = useNavigate();
  const text = keyText(fromBase64(view.id));
  const remove = useMutation({
    mutationFn: () =>
      post<WriteResult>("keys/delete", { keys: [{ key: view.id, expect: view.modRevision }] }),
    onSuccess: (result) => {
      void queryClient.invalidateQueries({ queryKey: ["value", view.id] });
      if (!result.written) return;
      close();
      refresh();
      void navigate({ to: "/keys" });
    },
  });
  return (
    <Dialog label="Delete a key" close={close}>
      <div className="ks form">
        <h2>Delete this key</h2>
        <p className="mono wrap">{text}</p>
        <p className="note">
          {sizeText(view.size)}, version {numberText(view.version)}. It goes only if it is still at{" "}
          {numberText(view.modRevision)}. History has it until the next compaction, and can bring it
          back.
        </p>
        {remove.data?.written === false ? (
          <Message
            kind="warn"
            icon="look"
            title="Somebody changed it meanwhile. Nothing was deleted."
          />
        ) : null}
        {remove.error === null ? null : (
          <Message kind="act" icon="act" title={remove.error.message} />
        )}
        <div className="row">
          <button
            className="btn del sure"
            disabled={remove.isPending}
            onClick={() => remove.mutate()}
          >
            Delete 1 key
          </button>
          <button className="btn bare" autoFocus onClick={close}>
            Keep it
          </button>
        </div>
      </div>
    </Dialog>
  );
}
