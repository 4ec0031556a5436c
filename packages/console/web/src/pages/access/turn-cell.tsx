import type { ReactNode } from "react";
import { useSession } from "../../data/queries.ts";
import { Message } from "../../parts/states.tsx";
import { TypedName } from "../../parts/typed-name.tsx";
import type { Change } from "./access-page.tsx";

/** Turning users on or off for the whole cluster. */
export function TurnCell({
  enabled,
  open,
  change,
}: {
  readonly enabled: boolean;
  readonly open: boolean;
  readonly change: Change;
}): ReactNode {
  const { data: session } = useSession();
  const name = session?.cluster ?? "";
  return (
    <section className="cell" aria-labelledby="turn-head">
      <div className="ch">
        <h2 id="turn-head">{enabled ? "Turn users off" : "Turn users on"}</h2>
      </div>
      <div className="form narrow">
        <Message
          kind={enabled ? "act" : "warn"}
          icon={enabled ? "act" : "look"}
          title={
            enabled
              ? "Everybody who reaches the port may do everything then."
              : "Every client needs a user from then on."
          }
        >
          {enabled
            ? "Users and roles are kept, and can be turned on again."
            : "The user root with the role root must be there. Programs without a user are refused at once."}
        </Message>
        <TypedName name={name}>
          {(typed) => (
            <button
              className={enabled ? "btn del sure" : "btn pri"}
              disabled={!typed || !open}
              title={open ? undefined : session?.writesNote}
              onClick={() => change.mutate({ do: enabled ? "disable" : "enable", name })}
            >
              {enabled ? "Turn users off" : "Turn users on"}
            </button>
          )}
        </TypedName>
      </div>
    </section>
  );
}
