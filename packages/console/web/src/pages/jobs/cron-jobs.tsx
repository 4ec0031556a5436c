import type { CronJobView, JobsView, SlotView } from "@nodetcd/console/contract";
import type { ReactNode } from "react";
import { useSession } from "../../data/queries.ts";
import { Icon } from "../../parts/icon.tsx";
import { Blank, State } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import { useNow } from "../../parts/use-now.ts";
import { durationText, fullTimeText } from "../../parts/words.ts";
import { type Change, whereOf } from "./change.ts";

/** What runs by the clock: when next, and what became of the moments before. */
export function CronJobsCell({
  view,
  change,
}: {
  readonly view: JobsView;
  readonly change: Change;
}): ReactNode {
  return (
    <section className="cell flush" aria-labelledby="cron-head">
      <div className="ch">
        <h2 id="cron-head">CronJobs</h2>
        <span className="more key">
          <span>
            <span className="led legend">
              <i />
            </span>
            ran
          </span>
          <span>
            <span className="led legend">
              <i className="f" />
            </span>
            left out by the policy
          </span>
          <span>
            <span className="led legend">
              <i className="x" />
            </span>
            missed
          </span>
        </span>
      </div>
      {view.cronJobs.length === 0 ? <p className="pad note">There is no CronJob.</p> : null}
      <div className="tw" tabIndex={0} role="region" aria-label="CronJobs, table">
        <table className="t cards tall">
          <thead>
            <tr>
              <th>CronJob</th>
              <th>State</th>
              <th>Schedule</th>
              <th>Next</th>
              <th>Ledger</th>
              <th>Last</th>
              <th>
                <span className="vh">Do</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {view.cronJobs.map((one) => (
              <CronJobRow key={`${one.namespace}/${one.name}`} one={one} change={change} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function CronJobRow({
  one,
  change,
}: {
  readonly one: CronJobView;
  readonly change: Change;
}): ReactNode {
  const now = useNow(5_000);
  const next = one.next.find((at) => at > now);
  return (
    <tr>
      <td className="wide">
        <b className="strong">{one.name}</b>
        <span className="sub">{one.namespace}</span>
      </td>
      <td data-l="State">
        {one.suspended ? (
          <State is="off">Suspended</State>
        ) : one.active > 0 ? (
          <State is="run">{one.active} running</State>
        ) : (
          <State is="fine">Waiting</State>
        )}
        <span className="sub">{one.concurrency}</span>
      </td>
      <td data-l="Schedule" className="mono nowrap">
        {one.schedule}
        <span className="sub">{one.timeZone ?? "zone of the controller"}</span>
      </td>
      <td data-l="Next" className="nowrap">
        {next === undefined ? (
          <span className="faint">none</span>
        ) : (
          <span title={one.next.map((at) => fullTimeText(at)).join("\n")}>
            <Time at={next} />
            <span className="sub">in {durationText(next - now)}</span>
          </span>
        )}
      </td>
      <td data-l="Ledger" className="wide">
        <Ledger slots={one.slots} />
      </td>
      <td data-l="Last" className="nowrap">
        {one.lastSchedule === undefined ? (
          <span className="faint">never</span>
        ) : (
          <Time at={one.lastSchedule} />
        )}
      </td>
      <td>
        <CronJobButtons one={one} change={change} />
      </td>
    </tr>
  );
}

function CronJobButtons({
  one,
  change,
}: {
  readonly one: CronJobView;
  readonly change: Change;
}): ReactNode {
  const { data: session } = useSession();
  const open = session?.writes === "open";
  const off = open ? {} : { title: session?.writesNote };
  return (
    <span className="row keep tight">
      <button
        className="btn"
        aria-disabled={!open}
        aria-label={`Run now: ${one.name}`}
        {...off}
        onClick={() => open && change.mutate({ path: "run", body: whereOf(one) })}
      >
        <Icon name="play" /> Run now
      </button>
      <button
        className="btn"
        aria-disabled={!open}
        aria-label={`${one.suspended ? "Resume" : "Suspend"}: ${one.name}`}
        {...off}
        onClick={() =>
          open &&
          change.mutate({ path: "suspend", body: { ...whereOf(one), suspend: !one.suspended } })
        }
      >
        <Icon name={one.suspended ? "play" : "pause"} /> {one.suspended ? "Resume" : "Suspend"}
      </button>
    </span>
  );
}

/** What became of each moment of the schedule; the reason is with it. */
function Ledger({ slots }: { readonly slots: readonly SlotView[] | undefined }): ReactNode {
  if (slots === undefined) return <Blank why="This API keeps no ledger; nodetcd jobs does" />;
  if (slots.length === 0) return <span className="faint">empty</span>;
  const last = slots.at(-1)!;
  return (
    <>
      <span
        className="led"
        role="img"
        aria-label={`${slots.length} moments, the last: ${last.decision}`}
      >
        {slots.slice(-40).map((slot) => (
          <i
            key={slot.at}
            className={classOf(slot.decision)}
            title={`${fullTimeText(slot.at)}: ${slot.decision}. ${slot.message}`}
          />
        ))}
      </span>
      <span className="sub">{last.message === "" ? last.decision : last.message}</span>
    </>
  );
}

function classOf(decision: string): string | undefined {
  if (/^(started|created|ran|run)/i.test(decision)) return undefined;
  return /(forbid|skip|suspend)/i.test(decision) ? "f" : "x";
}
