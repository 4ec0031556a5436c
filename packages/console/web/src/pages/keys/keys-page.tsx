import {
  type KeyId,
  keyText,
  fromBase64,
  type SearchPage,
  type TreePage,
} from "@nodetcd/console/contract";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { type ReactNode, useDeferredValue, useEffect, useMemo, useState } from "react";
import { get } from "../../data/api.ts";
import { usePulse } from "../../data/queries.ts";
import { useStanding } from "../../data/standing.ts";
import { Icon } from "../../parts/icon.tsx";
import { Failed, Message } from "../../parts/states.tsx";
import { useTitle } from "../../parts/use-title.ts";
import { numberText } from "../../parts/words.ts";
import { KeyDetail } from "./key-detail.tsx";
import { NewKeyButton } from "./new-key.tsx";
import { PrefixPane } from "./prefix-pane.tsx";
import { SearchList } from "./search-list.tsx";
import { KeyTree } from "./tree.tsx";
import { foldersOf, rowsOf } from "./tree-rows.ts";
import { useTree } from "./use-tree.ts";

const DELIMITERS = ["/", ":", ".", "-", ""] as const;

/** The tree of keys, and the key that is chosen in it. */
export function KeysPage(): ReactNode {
  const { key: chosen } = useParams({ strict: false });
  const navigate = useNavigate();
  const { revision } = useStanding();
  const [delimiter, setDelimiter] = useState<string>("/");
  const [pattern, setPattern] = useState("");
  const tree = useTree(delimiter, revision);
  const rows = useMemo(() => rowsOf(tree.branches, tree.open), [tree.branches, tree.open]);
  useTitle(chosen === undefined ? "Keys" : keyText(fromBase64(chosen)));
  const { expand } = tree;
  const ready = tree.branches.has("");
  const root = tree.branches.get("")?.pages[0];
  useEffect(() => {
    if (ready && chosen !== undefined) expand(foldersOf(chosen, delimiter));
  }, [ready, chosen, delimiter, expand]);
  const select = (id: KeyId): void =>
    void navigate({
      to: "/keys/$key",
      params: { key: id },
      search: (before) => ({ at: before.at }),
    });
  return (
    <div className="keys">
      <section className="pane tp" aria-label="Keys">
        <Tools
          pattern={pattern}
          setPattern={setPattern}
          delimiter={delimiter}
          setDelimiter={setDelimiter}
          refresh={tree.refresh}
        />
        {tree.error === undefined ? null : <Failed error={tree.error} what="The tree" />}
        {pattern === "" ? (
          <KeyTree tree={tree} rows={rows} selected={chosen} select={select} />
        ) : (
          <Found pattern={pattern} selected={chosen} select={select} />
        )}
        <Restricted ranges={root?.restricted} />
        <TreeStatus rows={rows.length} total={root?.total} />
      </section>
      {chosen === undefined ? (
        <PrefixPane all={countOf(root)} refresh={tree.refresh} />
      ) : (
        <KeyDetail
          key={`${chosen} ${revision}`}
          id={chosen}
          revision={revision}
          refresh={tree.refresh}
        />
      )}
    </div>
  );
}

function countOf(root: TreePage | undefined): { count: number; revision: number } | undefined {
  if (root === undefined || root.restricted !== undefined) return undefined;
  return { count: root.total, revision: root.revision };
}

/** Somebody who does not see everything is told so; nothing is an error. */
function Restricted({ ranges }: { readonly ranges: readonly string[] | undefined }): ReactNode {
  if (ranges === undefined) return null;
  return (
    <div className="pad">
      <Message
        icon="users"
        title={
          ranges.length === 0 ? "Your roles show no key." : `Your roles show ${ranges.join(", ")}.`
        }
      />
    </div>
  );
}

function TreeStatus({
  rows,
  total,
}: {
  readonly rows: number;
  readonly total: number | undefined;
}): ReactNode {
  return (
    <div className="status">
      <span>{total === undefined ? "" : `${numberText(total)} keys`}</span>
      <span>{numberText(rows)} lines open</span>
    </div>
  );
}

function Tools({
  pattern,
  setPattern,
  delimiter,
  setDelimiter,
  refresh,
}: {
  readonly pattern: string;
  readonly setPattern: (text: string) => void;
  readonly delimiter: string;
  readonly setDelimiter: (text: string) => void;
  readonly refresh: () => void;
}): ReactNode {
  const { data: pulse } = usePulse();
  const { keys } = pulse?.counts ?? {};
  return (
    <div className="tools">
      <label className="fld">
        <Icon name="search" />
        <span className="vh">Search keys</span>
        <input
          data-search
          type="search"
          placeholder={keys === undefined ? "Search keys" : `Search ${numberText(keys)} keys`}
          value={pattern}
          onChange={({ target }) => setPattern(target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") setPattern("");
          }}
        />
        <kbd>/</kbd>
      </label>
      <div className="row keep">
        <label className="fld grow">
          <span className="nowrap">Split at</span>
          <select
            aria-label="Delimiter"
            value={delimiter}
            onChange={({ target }) => setDelimiter(target.value)}
          >
            {DELIMITERS.map((mark) => (
              <option key={mark} value={mark}>
                {mark === "" ? "nothing" : mark}
              </option>
            ))}
            {(DELIMITERS as readonly string[]).includes(delimiter) ? null : (
              <option value={delimiter}>{delimiter}</option>
            )}
          </select>
        </label>
        <button
          className="btn ic"
          aria-label="Read the tree again"
          title="Read again"
          onClick={refresh}
        >
          <Icon name="history" />
        </button>
        <NewKeyButton refresh={refresh} />
      </div>
    </div>
  );
}

/** What the server found so far; it goes on where it stopped. */
function Found({
  pattern,
  selected,
  select,
}: {
  readonly pattern: string;
  readonly selected: KeyId | undefined;
  readonly select: (id: KeyId) => void;
}): ReactNode {
  const { revision } = useStanding();
  const wanted = useDeferredValue(pattern);
  const query = useInfiniteQuery({
    queryKey: ["search", wanted, revision],
    queryFn: ({ pageParam, signal }) =>
      get<SearchPage>(
        "keys/search",
        { pattern: wanted, revision: revision ?? pageParam?.revision, from: pageParam?.next },
        signal,
      ),
    initialPageParam: undefined as SearchPage | undefined,
    getNextPageParam: (last) => (last.next === undefined ? undefined : last),
  });
  return <SearchList query={query} selected={selected} select={select} />;
}
