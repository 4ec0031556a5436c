import { fromBase64, type KeyId, keyText, type SearchPage } from "@nodetcd/console/contract";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { type KeyboardEvent, type ReactNode, useEffect } from "react";
import { Failed } from "../../parts/states.tsx";
import { numberText } from "../../parts/words.ts";

const AHEAD_KEYS = 40;
const AHEAD_PAGES = 20;

/** Keys that a search found. */
export function SearchList({
  query,
  selected,
  select,
}: {
  readonly query: UseInfiniteQueryResult<InfiniteData<SearchPage>>;
  readonly selected: KeyId | undefined;
  readonly select: (id: KeyId) => void;
}): ReactNode {
  const { data, error, hasNextPage, isFetching, fetchNextPage } = query;
  const pages = data?.pages.length ?? 0;
  const found = data?.pages.reduce((sum, page) => sum + page.keys.length, 0) ?? 0;
  // It looks on by itself until there is a screen of keys, for a while.
  useEffect(() => {
    if (hasNextPage && !isFetching && found < AHEAD_KEYS && pages < AHEAD_PAGES) {
      void fetchNextPage();
    }
  }, [hasNextPage, isFetching, found, pages, fetchNextPage]);
  if (error !== null) return <Failed error={error} what="The search" />;
  const keys = data?.pages.flatMap((page) => page.keys) ?? [];
  const scanned = data?.pages.reduce((sum, page) => sum + page.scanned, 0) ?? 0;
  const total = data?.pages[0]?.total ?? 0;
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = [...event.currentTarget.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (step === undefined || at < 0) return;
    buttons[at + step]?.focus();
    event.preventDefault();
  };
  return (
    <div className="tree found" onKeyDown={onKey}>
      <p className="note pad" role="status">
        {data === undefined
          ? "Looking…"
          : `${numberText(keys.length)} found${hasNextPage ? ` in the first ${numberText(scanned)}` : ""} of ${numberText(total)} keys`}
      </p>
      <ul>
        {keys.map(({ id }) => (
          <li key={id}>
            <button className="hit" aria-current={id === selected} onClick={() => select(id)}>
              {keyText(fromBase64(id))}
            </button>
          </li>
        ))}
      </ul>
      {hasNextPage ? (
        <div className="pad">
          <button className="btn" disabled={isFetching} onClick={() => void fetchNextPage()}>
            Look further
          </button>
        </div>
      ) : null}
    </div>
  );
}
