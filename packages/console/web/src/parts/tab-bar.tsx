import { type KeyboardEvent, type ReactNode, useRef } from "react";

/** Tabs within a page: one stop of the Tab key, arrows within. */
export function TabBar<Id extends string>({
  label,
  tabs,
  current,
  choose,
}: {
  readonly label: string;
  readonly tabs: readonly { readonly id: Id; readonly label: ReactNode }[];
  readonly current: Id;
  readonly choose: (id: Id) => void;
}): ReactNode {
  const bar = useRef<HTMLDivElement>(null);
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = tabs.findIndex(({ id }) => id === current);
    const to = (at + step + tabs.length) % tabs.length;
    choose(tabs[to]!.id);
    bar.current?.querySelectorAll<HTMLElement>("[role=tab]")[to]?.focus();
    event.preventDefault();
  };
  return (
    <div className="tabs" role="tablist" aria-label={label} ref={bar} onKeyDown={onKey}>
      {tabs.map((tab) => (
        <button
          type="button"
          key={tab.id}
          role="tab"
          aria-selected={tab.id === current}
          tabIndex={tab.id === current ? 0 : -1}
          onClick={() => choose(tab.id)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}
