import type { SessionView } from "@nodetcd/console/contract";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { post } from "../data/api.ts";
import { takeSession } from "../data/queries.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Message } from "../parts/states.tsx";
import { TypedName } from "../parts/typed-name.tsx";

/** Unlocks writing for 15 minutes, or says why that is not to be had. */
export function UnlockDialog({
  session,
  never,
  close,
}: {
  readonly session: SessionView;
  readonly never: boolean;
  readonly close: () => void;
}): ReactNode {
  const unlock = useMutation({
    mutationFn: () => post<SessionView>("unlock", { name: session.cluster }),
    onSuccess: (answer) => {
      takeSession(answer);
      close();
    },
  });
  return (
    <Dialog label="Unlock writes" close={close}>
      <form
        className="ks form"
        onSubmit={(event) => {
          event.preventDefault();
          unlock.mutate();
        }}
      >
        <h2>{never ? "This console only reads" : "Unlock writes for 15 minutes"}</h2>
        <p className="note">{session.writesNote}</p>
        {never ? (
          <div className="row">
            <button type="button" className="btn" onClick={close}>
              Close
            </button>
          </div>
        ) : (
          <TypedName name={session.cluster}>
            {(typed) => (
              <>
                <button className="btn pri" disabled={!typed || unlock.isPending}>
                  Unlock
                </button>
                <button type="button" className="btn bare" onClick={close}>
                  Stay read-only
                </button>
              </>
            )}
          </TypedName>
        )}
        {unlock.error === null ? null : (
          <Message kind="act" icon="act" title={unlock.error.message} />
        )}
      </form>
    </Dialog>
  );
}
