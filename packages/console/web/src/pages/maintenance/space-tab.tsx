import type { MaintenanceView, TaskView } from "@nodetcd/console/contract";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { post } from "../../data/api.ts";
import { queryClient, useSession } from "../../data/queries.ts";
import { Icon } from "../../parts/icon.tsx";
import { Message } from "../../parts/states.tsx";
import { TypedName } from "../../parts/typed-name.tsx";
import { numberText, sizeText } from "../../parts/words.ts";
import { Steps } from "./task.tsx";

/** Out of NOSPACE, step by step. */
export function SpaceTab({ view }: { readonly view: MaintenanceView }): ReactNode {
  const raised = view.alarms.some((alarm) => alarm.startsWith("NOSPACE"));
  const task = view.task?.kind === "space" ? view.task : undefined;
  return (
    <div className="sheet">
      <section className="cell c8" aria-labelledby="room-head">
        <div className="ch">
          <h2 id="room-head">Make room</h2>
          <span className="small dim">
            compact, defragment each member, see that there is room, disarm
          </span>
        </div>
        {task === undefined ? <Outline view={view} /> : <Steps steps={task.steps} />}
        <p className="note above">
          If that is not enough, too much is alive: delete keys (deleting works with the alarm
          raised), or raise <code>--quota-backend-bytes</code> and restart the members one by one.
        </p>
      </section>
      <section className="cell c4" aria-labelledby="state-head">
        <div className="ch">
          <h2 id="state-head">Now</h2>
        </div>
        <p className={raised ? "st act" : "st ok"}>
          <Icon name={raised ? "act" : "fine"} /> NOSPACE is{" "}
          {raised ? "raised: puts are refused" : "not raised"}
        </p>
        <dl className="facts above">
          <div>
            <dt>File</dt>
            <dd>{view.file === undefined ? "not told" : sizeText(view.file)}</dd>
          </div>
          <div>
            <dt>In use</dt>
            <dd>{view.inUse === undefined ? "not told" : sizeText(view.inUse)}</dd>
          </div>
          <div>
            <dt>Quota</dt>
            <dd>{view.quota === undefined ? "not told" : sizeText(view.quota)}</dd>
          </div>
        </dl>
        <Begin view={view} />
      </section>
    </div>
  );
}

function Outline({ view }: { readonly view: MaintenanceView }): ReactNode {
  const lines = [
    "Compact to the revision at the right",
    ...view.plan.map(({ name, id }) => `Defragment ${name || id}`),
    "See that there is room",
    "Disarm NOSPACE",
  ];
  return (
    <ol className="steps">
      {lines.map((line) => (
        <li key={line}>
          <Icon name="open" />
          <b className="strong">{line}</b>
          <span className="tm" />
        </li>
      ))}
    </ol>
  );
}

function Begin({ view }: { readonly view: MaintenanceView }): ReactNode {
  const { data: session } = useSession();
  const choices = view.choices.filter(({ revision }) => revision > view.oldest);
  const [wanted, setWanted] = useState<number>();
  const revision = wanted ?? choices[0]?.revision;
  const begin = useMutation({
    mutationFn: () => post<TaskView>("maintenance/make-room", { revision, name: session?.cluster }),
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: ["maintenance"] }),
  });
  const open = session?.writes === "open";
  const running = view.task !== undefined && view.task.ended === undefined;
  if (revision === undefined) return <p className="note above">There is no history to compact.</p>;
  return (
    <div className="form above">
      <label>
        Compact to
        <select
          className="inp"
          value={revision}
          onChange={({ target }) => setWanted(Number(target.value))}
        >
          {choices.map((choice) => (
            <option key={choice.label} value={choice.revision}>
              {numberText(choice.revision)}, {choice.label}
            </option>
          ))}
        </select>
      </label>
      {begin.error === null ? null : <Message kind="act" icon="act" title={begin.error.message} />}
      <TypedName name={session?.cluster ?? ""}>
        {(typed) => (
          <button
            className="btn del sure"
            disabled={!typed || !open || running || begin.isPending}
            title={open ? undefined : session?.writesNote}
            onClick={() => begin.mutate()}
          >
            Make room now
          </button>
        )}
      </TypedName>
    </div>
  );
}
