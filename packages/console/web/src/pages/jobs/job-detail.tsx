import type { JobView, PodView } from "@nodetcd/console/contract";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { get } from "../../data/api.ts";
import { useSession } from "../../data/queries.ts";
import { Icon } from "../../parts/icon.tsx";
import { Failed, Message } from "../../parts/states.tsx";
import { TypedName } from "../../parts/typed-name.tsx";
import { type Change, whereOf } from "./change.ts";
import { LogView } from "./log-view.tsx";

/** One Job: why it failed, its pods and what they said. */
export function JobDetail({
  job,
  change,
}: {
  readonly job: JobView;
  readonly change: Change;
}): ReactNode {
  const [deleting, setDeleting] = useState(false);
  const [chosen, setChosen] = useState<string>();
  const { namespace, name } = job;
  const { data, error } = useQuery({
    queryKey: ["pods", namespace, name],
    queryFn: ({ signal }) =>
      get<{ pods: PodView[] }>("jobs/pods", { namespace, job: name }, signal),
    refetchInterval: 3_000,
  });
  const pod = data?.pods.find((one) => one.name === chosen) ?? data?.pods[0];
  return (
    <section className="cell flush c5" aria-label={`Job ${name}`}>
      <JobHead job={job} change={change} askDelete={() => setDeleting(!deleting)} />
      <div className="pad form">
        {job.state === "failed" ? (
          <Message kind="act" icon="act" title={job.reason ?? "It failed"}>
            {job.message}
          </Message>
        ) : null}
        {deleting ? (
          <TypedName name={name}>
            {(typed) => (
              <button
                className="btn del sure"
                disabled={!typed}
                onClick={() =>
                  change.mutate({ path: "delete", body: { ...whereOf(job), typed: name } })
                }
              >
                Delete the Job and its pods
              </button>
            )}
          </TypedName>
        ) : null}
        {error === null ? null : <Failed error={error} what="The pods" />}
        {data?.pods.length === 0 ? <p className="note">It has no pod now.</p> : null}
        {data === undefined || data.pods.length === 0 ? null : (
          <label className="fld">
            <span>Pod</span>
            <select value={pod?.name} onChange={({ target }) => setChosen(target.value)}>
              {data.pods.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.name}, {one.phase}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      {pod === undefined ? null : <LogView key={pod.name} namespace={namespace} pod={pod.name} />}
    </section>
  );
}

function JobHead({
  job,
  change,
  askDelete,
}: {
  readonly job: JobView;
  readonly change: Change;
  readonly askDelete: () => void;
}): ReactNode {
  const { data: session } = useSession();
  const open = session?.writes === "open";
  const off = open ? {} : { title: session?.writesNote };
  return (
    <div className="ch">
      <h2 className="wrap">{job.name}</h2>
      <span className="more">
        <button
          className="btn"
          aria-disabled={!open}
          {...off}
          onClick={() => open && change.mutate({ path: "rerun", body: whereOf(job) })}
        >
          <Icon name="back" /> Run again
        </button>
        <button
          className="btn del"
          aria-disabled={!open}
          {...off}
          onClick={() => open && askDelete()}
        >
          Delete
        </button>
      </span>
    </div>
  );
}
