import type { JobsView, JobView } from "@nodetcd/console/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { get, post } from "../../data/api.ts";
import { queryClient, useSession } from "../../data/queries.ts";
import { Failed, Message, Skeleton, State } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import { useTitle } from "../../parts/use-title.ts";
import { durationText, plural } from "../../parts/words.ts";
import type { Change, JobChange } from "./change.ts";
import { CronJobsCell } from "./cron-jobs.tsx";
import { JobDetail } from "./job-detail.tsx";

/** What runs by the clock, what ran, and what it said. */
export function JobsPage(): ReactNode {
  useTitle("Jobs");
  const { data: session } = useSession();
  const { data: view, error } = useQuery({
    queryKey: ["jobs"],
    enabled: session?.jobs === true,
    queryFn: ({ signal }) => get<JobsView>("jobs", {}, signal),
    refetchInterval: 3_000,
  });
  const change = useMutation({
    mutationFn: ({ path, body }: JobChange) => post(`jobs/${path}`, body),
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: ["jobs"] }),
  });
  if (session?.jobs === false) return <NoApi />;
  if (view === undefined) {
    return error === null ? <Skeleton rows={8} /> : <Failed error={error} what="The jobs" />;
  }
  const failed = view.jobs.filter(({ state }) => state === "failed").length;
  return (
    <>
      <div className="head">
        <h1>Jobs</h1>
        <p>
          {plural(view.cronJobs.length, "CronJob")}, {plural(view.jobs.length, "Job")}
          {failed === 0 ? "" : `, ${failed} failed`}
        </p>
      </div>
      {error === null ? null : <Failed error={error} what="The newest state" />}
      {change.error === null ? null : (
        <div className="pad">
          <Message kind="act" icon="act" title={change.error.message} />
        </div>
      )}
      <div className="sheet">
        <CronJobsCell view={view} change={change} />
        <Jobs view={view} change={change} />
      </div>
    </>
  );
}

function NoApi(): ReactNode {
  return (
    <>
      <div className="head">
        <h1>Jobs</h1>
      </div>
      <div className="pad">
        <Message title="This console was started without a Kubernetes API.">
          Start it with --kubernetes and the address of nodetcd jobs, or of any cluster's API.
        </Message>
      </div>
    </>
  );
}

const STATES = {
  running: ["run", "Running"],
  complete: ["fine", "Complete"],
  failed: ["act", "Failed"],
  suspended: ["off", "Suspended"],
  waiting: ["off", "Waiting"],
} as const;

function Jobs({ view, change }: { readonly view: JobsView; readonly change: Change }): ReactNode {
  const { job: chosen, namespace } = useSearch({ from: "/jobs" });
  const navigate = useNavigate();
  const one = view.jobs.find((job) => job.name === chosen && job.namespace === namespace);
  const choose = (job: JobView): void =>
    void navigate({
      to: "/jobs",
      search: (before) => ({ ...before, job: job.name, namespace: job.namespace }),
    });
  return (
    <>
      <section
        className={one === undefined ? "cell flush" : "cell flush c7"}
        aria-labelledby="jobs-head"
      >
        <div className="ch">
          <h2 id="jobs-head">Jobs</h2>
          <span className="small dim">newest first</span>
        </div>
        {view.jobs.length === 0 ? <p className="pad note">There is no Job.</p> : null}
        <div className="tw" tabIndex={0} role="region" aria-label="Jobs, table">
          <table className="t cards">
            <thead>
              <tr>
                <th>Job</th>
                <th>State</th>
                <th className="num">Done</th>
                <th>Begun</th>
                <th className="num">Took</th>
              </tr>
            </thead>
            <tbody>
              {view.jobs.slice(0, 200).map((job) => (
                <JobRow
                  key={`${job.namespace}/${job.name}`}
                  job={job}
                  at={view.at}
                  current={job === one}
                  choose={() => choose(job)}
                />
              ))}
            </tbody>
          </table>
        </div>
      </section>
      {one === undefined ? null : (
        <JobDetail key={`${one.namespace}/${one.name}`} job={one} change={change} />
      )}
    </>
  );
}

function JobRow({
  job,
  at,
  current,
  choose,
}: {
  readonly job: JobView;
  readonly at: number;
  readonly current: boolean;
  readonly choose: () => void;
}): ReactNode {
  const [is, word] = STATES[job.state];
  return (
    <tr aria-selected={current}>
      <td className="wide">
        <button className="hit" onClick={choose}>
          {job.name}
        </button>
        <span className="sub">{job.namespace}</span>
      </td>
      <td data-l="State">
        <State is={is}>{word}</State>
        {job.reason === undefined ? null : <span className="sub">{job.reason}</span>}
      </td>
      <td data-l="Done" className="num">
        {job.succeeded} / {job.completions}
      </td>
      <td data-l="Begun" className="nowrap">
        {job.started === undefined ? (
          <span className="faint">not yet</span>
        ) : (
          <Time at={job.started} />
        )}
      </td>
      <td data-l="Took" className="num">
        {job.started === undefined ? "" : durationText((job.ended ?? at) - job.started)}
      </td>
    </tr>
  );
}
