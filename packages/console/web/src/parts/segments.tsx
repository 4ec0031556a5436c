import type { ReactNode } from "react";

/** One of a few choices, as buttons side by side. */
export function Segments<T extends string | number>({
  label,
  options,
  value,
  choose,
}: {
  readonly label: string;
  readonly options: readonly { readonly value: T; readonly label: ReactNode }[];
  readonly value: T;
  readonly choose: (value: T) => void;
}): ReactNode {
  return (
    <span className="seg" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          type="button"
          key={option.value}
          aria-pressed={option.value === value}
          onClick={() => choose(option.value)}
        >
          {option.label}
        </button>
      ))}
    </span>
  );
}
