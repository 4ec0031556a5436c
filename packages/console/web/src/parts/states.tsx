import type { ReactNode } from "react";
import { ApiError } from "../data/api.ts";
import { Icon, type IconName } from "./icon.tsx";

/** State: shape, word and colour, in this order. */
export function State({
  is,
  children,
}: {
  readonly is: "act" | "look" | "fine" | "off" | "run" | "past";
  readonly children: ReactNode;
}): ReactNode {
  const looks = {
    act: ["act", "act"],
    look: ["warn", "look"],
    fine: ["ok", "fine"],
    off: ["off", "untold"],
    run: ["run", "working"],
    past: ["past", "past"],
  } as const;
  const [className, icon] = looks[is];
  return (
    <span className={`st ${className}`}>
      <Icon name={icon} />
      {children}
    </span>
  );
}

/** A note in the flow of the page. */
export function Message({
  kind = "",
  icon = "info",
  title,
  children,
  actions,
}: {
  readonly kind?: "" | "warn" | "act" | "past";
  readonly icon?: IconName;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}): ReactNode {
  return (
    <div className={`msg ${kind}`.trimEnd()} role={kind === "act" ? "alert" : undefined}>
      <Icon name={icon} />
      <b className="strong">{title}</b>
      {children === undefined ? null : <p>{children}</p>}
      {actions === undefined ? null : <div className="row">{actions}</div>}
    </div>
  );
}

/** What failed, and what to do. The part fails, not the page. */
export function Failed({
  error,
  what,
}: {
  readonly error: unknown;
  readonly what: string;
}): ReactNode {
  const message = error instanceof Error ? error.message : String(error);
  const advice = error instanceof ApiError ? error.advice : "";
  return (
    <div className="pad">
      <Message kind="act" icon="act" title={`${what} cannot be shown: ${message}.`}>
        {advice === "" ? undefined : advice}
      </Message>
    </div>
  );
}

/** Rows of the final height while they load; nothing moves when they come. */
export function Skeleton({ rows }: { readonly rows: number }): ReactNode {
  return (
    <div className="late" aria-hidden="true">
      {Array.from({ length: rows }, (_, row) => (
        <div className="sk-row" key={row}>
          <span className={`sk w${(row * 7) % 4}`} />
        </div>
      ))}
    </div>
  );
}

/** A figure that was not told is blank, with the reason on hover and for screen readers. */
export function Blank({ why }: { readonly why: string | undefined }): ReactNode {
  return (
    <span className="blank" title={why}>
      not told{why === undefined ? null : <span className="vh">: {why}</span>}
    </span>
  );
}
