import type { Gate, TaskStep, TaskView } from "@nodetcd/console/contract";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { post } from "../../data/api.ts";
import { Icon, type IconName } from "../../parts/icon.tsx";
import { Time } from "../../parts/time.tsx";
import { useNow } from "../../parts/use-now.ts";
import { durationText } from "../../parts/words.ts";

const ICONS: Readonly<Record<TaskStep["state"], IconName>> = {
  waiting: "open",
  running: "working",
  holding: "hold",
  done: "fine",
  failed: "act",
  skipped: "skip",
};

const WORDS: Readonly<Record<TaskView["state"], string>> = {
  running: "is under way",
  holding: "is holding",
  done: "is done",
  stopped: "was stopped",
  failed: "failed",
};

/** The task that runs, or ran last: one sentence. */
export function TaskVerdict({ task }: { readonly task: TaskView }): ReactNode {
  const now = useNow(1_000);
  const at = task.steps.find(({ state }) => state === "running" || state === "holding");
  const bad = task.steps.find(({ state }) => state === "failed");
  const looks = {
    running: ["well", "working"],
    holding: ["warn main-one", "hold"],
    done: ["well", "fine"],
    stopped: ["warn main-one", "look"],
    failed: ["", "act"],
  } as const;
  const [className, icon] = looks[task.state];
  const took = durationText((task.ended ?? now) - task.began);
  return (
    <div className={`verdict ${className}`} role="status">
      <Icon name={icon} />
      <div>
        <h2>
          {task.title} {WORDS[task.state]}
          {task.state === "done" ? ` after ${took}` : ""}.
        </h2>
        <p>
          {at !== undefined
            ? `${at.label}. ${at.detail}`
            : bad !== undefined
              ? `${bad.label}: ${bad.detail}`
              : `Begun by ${task.by}.`}
        </p>
      </div>
      {task.ended === undefined ? <StopButton /> : null}
    </div>
  );
}

function StopButton(): ReactNode {
  const stop = useMutation({ mutationFn: () => post("maintenance/stop") });
  return (
    <div className="row">
      <button
        className="btn"
        onClick={() => stop.mutate()}
        disabled={stop.isPending || stop.isSuccess}
      >
        {stop.isSuccess ? "Stops after this step" : "Stop here"}
      </button>
      <span className="dim small">Stopping is safe: every member works as it is.</span>
    </div>
  );
}

/** The steps with their times. */
export function Steps({ steps }: { readonly steps: readonly TaskStep[] }): ReactNode {
  const colour = {
    waiting: "",
    running: "run",
    holding: "warn",
    done: "ok",
    failed: "act",
    skipped: "",
  };
  return (
    <ol className="steps">
      {steps.map((step) => {
        const current = step.state === "running" || step.state === "holding";
        return (
          <li key={step.label} aria-current={current ? "step" : undefined}>
            <span className={`st ${colour[step.state]}`}>
              <Icon name={ICONS[step.state]} label={step.state} />
            </span>
            <b className="strong">{step.label}</b>
            <span className="tm">
              {step.began === undefined ? "" : <Time at={step.began} />}
              {step.began === undefined || step.ended === undefined
                ? ""
                : ` · ${durationText(step.ended - step.began)}`}
            </span>
            {step.detail === "" ? null : <p>{step.detail}</p>}
          </li>
        );
      })}
    </ol>
  );
}

/** What must hold before a member is taken away. */
export function Gates({ gates }: { readonly gates: readonly Gate[] }): ReactNode {
  return (
    <ul className="gate">
      {gates.map(({ id, label, holds, value }) => (
        <li key={id}>
          <span className={holds ? "st ok" : "st warn"}>
            <Icon name={holds ? "fine" : "look"} label={holds ? "holds" : "does not hold"} />
          </span>
          <span className={holds ? undefined : "strong"}>{label}</span>
          <span className="v">{value}</span>
        </li>
      ))}
    </ul>
  );
}
