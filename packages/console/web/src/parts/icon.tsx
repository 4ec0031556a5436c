import type { ReactNode } from "react";

const F = "f";

/** Every picture of the console, drawn on 16 by 16. */
const PICTURES = {
  cluster: (
    <>
      <circle cx="8" cy="3.5" r="2" />
      <circle cx="3.5" cy="12" r="2" />
      <circle cx="12.5" cy="12" r="2" />
      <path d="M7 5.3 4.4 10.2M9 5.3l2.6 4.9M5.5 12h5" />
    </>
  ),
  watch: <path d="M1.5 8h3l2-5 3 10 2-5h3" />,
  space: (
    <>
      <rect x="2" y="2" width="12" height="12" rx="1" />
      <path d="M9 2v12M9 9h5M2 10h7" />
    </>
  ),
  keys: (
    <>
      <path d="M3 2.5v10.5h4M3 6.5h4" />
      <rect x="7" y="4.5" width="6.5" height="4" rx="1" />
      <rect x="7" y="11" width="6.5" height="3.5" rx="1" />
    </>
  ),
  history: <path d="M2.5 8a5.5 5.5 0 1 0 1.7-4M2.5 2.5V5h2.6M8 5v3.2l2.2 1.4" />,
  leases: <path d="M4 2h8M4 14h8M5 2c0 3.5 6 4.5 6 6s-6 2.5-6 6M11 2c0 3.5-6 4.5-6 6s6 2.5 6 6" />,
  lock: (
    <>
      <rect x="3.5" y="7" width="9" height="6.5" rx="1" />
      <path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2" />
    </>
  ),
  jobs: (
    <>
      <rect x="2" y="3" width="12" height="11" rx="1" />
      <path d="M2 6.5h12M5 1.5V4M11 1.5V4" />
      <path className={F} d="M4.5 8.5h2v2h-2zM9.5 8.5h2v2h-2z" />
    </>
  ),
  maintenance: (
    <>
      <path d="M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6" />
      <circle cx="10" cy="4.5" r="2" />
      <circle cx="6" cy="11.5" r="2" />
    </>
  ),
  users: (
    <>
      <circle cx="6" cy="5" r="2.5" />
      <path d="M1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M10.5 2.8a2.4 2.4 0 0 1 0 4.4M12.5 10c1.3.6 2 1.8 2 3.5" />
    </>
  ),
  audit: <path d="M3 2h7l3 3v9H3zM5.5 7h5M5.5 9.5h5M5.5 12h3" />,
  act: (
    <>
      <path className={F} d="M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2z" />
      <path d="M8 4.5v4.2M8 11.3v.1" stroke="var(--on-solid)" strokeWidth="1.8" />
    </>
  ),
  look: (
    <>
      <path d="M8 2 14.5 13.5h-13z" />
      <path d="M8 6.5v3.2M8 11.6v.1" />
    </>
  ),
  fine: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="m5.5 8.2 1.8 1.8 3.4-3.8" />
    </>
  ),
  working: (
    <>
      <circle cx="8" cy="8" r="6" opacity=".3" />
      <path className="spin" d="M8 2a6 6 0 0 1 6 6" />
    </>
  ),
  untold: <circle cx="8" cy="8" r="6" strokeDasharray="2.5 2.2" />,
  past: <path className={F} d="M8 2.5 13.5 8 8 13.5 2.5 8z" />,
  info: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 7.3v3.7M8 4.9v.1" />
    </>
  ),
  down: <path d="M3.5 6 8 10.5 12.5 6" />,
  right: <path d="m6 3.5 4.5 4.5L6 12.5" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m10.5 10.5 3.5 3.5" />
    </>
  ),
  theme: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path className={F} d="M8 2.5a5.5 5.5 0 0 1 0 11z" />
    </>
  ),
  compact: <path d="M8 2v4M6 4.3 8 6.3l2-2M8 14v-4M6 11.7l2-2 2 2M2.5 8h11" />,
  flag: (
    <>
      <path d="M4 14V2.5" />
      <path className={F} d="M4 2.5h8.5l-2 2.8 2 2.7H4z" />
    </>
  ),
  pen: <path d="m3 13 .7-3L11 2.7 13.3 5 6 12.3z" />,
  plus: <path d="M8 3v10M3 8h10" />,
  play: <path className={F} d="M4.5 2.5v11l9-5.5z" />,
  pause: <path d="M5.5 3v10M10.5 3v10" />,
  back: <path d="M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M6 3.5l-3 3 3 3" />,
  download: <path d="M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11" />,
  upload: <path d="M8 10.5v-8M4.8 5.5 8 2.3l3.2 3.2M2.5 13.5h11" />,
  bin: <path d="M2.5 4.5h11M6 4.5V2.5h4v2M4 4.5l.7 9h6.6l.7-9" />,
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1" />
      <path d="M10.5 5.5v-3h-8v8h3" />
    </>
  ),
  dot: <circle className={F} cx="8" cy="8" r="5" />,
  cross: <path d="m4 4 8 8M12 4l-8 8" strokeWidth="2" />,
  camera: (
    <>
      <rect x="2" y="4" width="12" height="9" rx="1" />
      <circle cx="8" cy="8.5" r="2.5" />
      <path d="M5.5 4l1-1.5h3L10.5 4" />
    </>
  ),
  hold: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M6.5 5.7v4.6M9.5 5.7v4.6" />
    </>
  ),
  open: <circle cx="8" cy="8" r="6" />,
  skip: <path d="M3 3v10l6-5zM12.5 3v10" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof PICTURES;

/** A picture; with a label it says something that is not in words beside it. */
export function Icon({
  name,
  label,
  className = "",
}: {
  readonly name: IconName;
  readonly label?: string;
  readonly className?: string;
}): ReactNode {
  const named =
    label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": label };
  return (
    <svg className={`i ${className}`.trimEnd()} viewBox="0 0 16 16" {...named}>
      {PICTURES[name]}
    </svg>
  );
}
