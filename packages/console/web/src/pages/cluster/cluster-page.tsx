import type { ClusterView } from "@nodetcd/console/contract";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useCluster } from "../../data/queries.ts";
import { Icon } from "../../parts/icon.tsx";
import { Segments } from "../../parts/segments.tsx";
import { Failed, Skeleton } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import { useTitle } from "../../parts/use-title.ts";
import { Verdict } from "../../parts/verdict.tsx";
import { sizeText, timeText } from "../../parts/words.ts";
import { MembersCell } from "./members.tsx";
import { SignalsCell } from "./signals.tsx";

const SizeChart = lazy(async () => ({ default: (await import("./size-chart.tsx")).SizeChart }));

const SPANS = [
  [24 * 7, "7 d"],
  [24, "24 h"],
  [1, "1 h"],
] as const;

/** Whether all is well, and if not, what to do. */
export function ClusterPage(): ReactNode {
  useTitle("Cluster");
  const [hours, setHours] = useState(24);
  const { data: view, error } = useCluster(hours);
  if (view === undefined) {
    return error === null ? <Skeleton rows={12} /> : <Failed error={error} what="The cluster" />;
  }
  return (
    <>
      {error === null ? null : <Failed error={error} what="The newest state" />}
      <Verdict title="The cluster is well." findings={view.findings} calm={view.calm} />
      <div className={error === null ? "sheet" : "sheet stale"}>
        <MembersCell view={view} />
        <section className="cell c8" aria-labelledby="size-head">
          <div className="ch">
            <h2 id="size-head">Database</h2>
            <ChartKey view={view} />
            <span className="more">
              <Segments
                label="Time shown"
                options={SPANS.map(([value, label]) => ({ value, label }))}
                value={hours}
                choose={setHours}
              />
            </span>
          </div>
          <Suspense fallback={<div className="plot" />}>
            <SizeChart view={view} />
          </Suspense>
          <p className="note">{forecastText(view)}</p>
        </section>
        <section className="cell c4" aria-labelledby="alarm-head">
          <Alarms view={view} />
          <Happenings view={view} />
        </section>
        <SignalsCell view={view} />
      </div>
    </>
  );
}

function ChartKey({ view }: { readonly view: ClusterView }): ReactNode {
  const line = (className: string): ReactNode => (
    <svg viewBox="0 0 22 8" aria-hidden="true">
      <line x1="0" y1="4" x2="22" y2="4" className={className} />
    </svg>
  );
  return (
    <span className="key">
      <span>{line("l1")}in use</span>
      <span>{line("l2")}file</span>
      {view.quota === undefined ? null : (
        <span>
          {line("lq")}quota {sizeText(view.quota)}
        </span>
      )}
      {view.forecast?.fullAt === undefined ? null : <span>{line("lf")}forecast</span>}
    </span>
  );
}

function forecastText({ forecast, quota, samplesNote }: ClusterView): string {
  if (quota === undefined) return `The quota is not told by any member. ${samplesNote}`;
  if (forecast === undefined) return `A forecast needs ten minutes of samples. ${samplesNote}`;
  const basis = `A line through the last ${Math.max(1, Math.round(forecast.hours))} h of samples.`;
  if (forecast.fullAt === undefined) return `It does not grow. ${basis} ${samplesNote}`;
  const pace = `${sizeText(forecast.bytesPerHour)} an hour`;
  const range =
    forecast.fullFrom === undefined || forecast.fullTo === undefined
      ? ""
      : `, 80 % between ${timeText(forecast.fullFrom)} and ${timeText(forecast.fullTo)}`;
  return `At ${pace} it reaches ${sizeText(quota)} about ${timeText(forecast.fullAt)}${range}. ${basis} ${samplesNote}`;
}

function Alarms({ view }: { readonly view: ClusterView }): ReactNode {
  return (
    <>
      <div className="ch">
        <h2 id="alarm-head">Alarms</h2>
        <span className="more">
          asked <Time at={view.at} />
        </span>
      </div>
      {view.alarms.map(({ kind, members, text }) => (
        <div className={members.length > 0 ? "alarm raised" : "alarm"} key={kind}>
          <Icon name={members.length > 0 ? "act" : "fine"} />
          <span>
            <b className="strong">{kind}</b>{" "}
            {members.length > 0 ? `raised on ${names(view, members)}` : "not raised"}
          </span>
          <p>{text}</p>
        </div>
      ))}
    </>
  );
}

function names(view: ClusterView, ids: readonly string[]): string {
  return ids.map((id) => view.members.find((member) => member.id === id)?.name ?? id).join(", ");
}

function Happenings({ view }: { readonly view: ClusterView }): ReactNode {
  const icons = {
    leader: "flag",
    compaction: "compact",
    alarm: "act",
    member: "look",
    own: "pen",
    burst: "watch",
  } as const;
  return (
    <>
      <div className="ch above">
        <h2>What happened</h2>
      </div>
      {view.happenings.length === 0 ? (
        <p className="note">Nothing since this console began to look.</p>
      ) : (
        <ol className="ev">
          {view.happenings.map(({ at, kind, text }) => (
            <li key={`${at} ${text}`}>
              <Time at={at} />
              <Icon name={icons[kind]} />
              <span>{text}</span>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}
