import type { KeyId, TreePage } from "@nodetcd/console/contract";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { get } from "../../data/api.ts";
import type { Branch, Branches } from "./tree-rows.ts";

export interface Tree {
  readonly branches: Branches;
  readonly open: ReadonlySet<KeyId>;
  readonly error: unknown;
  /** Opens folders, reading what is not there yet. */
  readonly expand: (ids: readonly KeyId[]) => void;
  readonly collapse: (id: KeyId) => void;
  /** Reads the next page of a prefix. */
  readonly more: (id: KeyId) => void;
  /** Reads everything that is open again. */
  readonly refresh: () => void;
}

interface Reading {
  readonly branches: Branches;
  /** The branches as of now, also in functions of an earlier render. */
  readonly latest: RefObject<Branches>;
  readonly error: unknown;
  /** Reads the page after these. Another function when all begins anew. */
  readonly read: (prefix: KeyId, pages: readonly TreePage[]) => Promise<void>;
  readonly refresh: () => void;
}

/** What is read of the tree of one delimiter at one revision, from the root on. A change of either begins anew. */
function useReading(delimiter: string, revision: number | undefined): Reading {
  const [branches, setBranches] = useState<Branches>(new Map());
  const [error, setError] = useState<unknown>();
  const generation = useRef(0);
  const latest = useRef(branches);
  latest.current = branches;

  const put = useCallback((id: KeyId, branch: Branch) => {
    setBranches((before) => new Map(before).set(id, branch));
  }, []);

  const read = useCallback(
    async (prefix: KeyId, pages: readonly TreePage[]) => {
      const mine = generation.current;
      put(prefix, { pages, loading: true });
      try {
        const page = await get<TreePage>("keys/children", {
          prefix,
          delimiter,
          from: pages.at(-1)?.next,
          // All pages of a branch show one revision.
          revision: revision ?? pages[0]?.revision,
        });
        if (mine !== generation.current) return;
        setError(undefined);
        put(prefix, { pages: [...pages, page], loading: false });
      } catch (failure) {
        if (mine !== generation.current) return;
        setError(failure);
        put(prefix, { pages, loading: false });
      }
    },
    [delimiter, revision, put],
  );

  useEffect(() => {
    generation.current++;
    setBranches(new Map());
    void read("", []);
  }, [read]);

  const refresh = useCallback(() => {
    for (const id of latest.current.keys()) void refreshBranch(id);
    async function refreshBranch(id: KeyId): Promise<void> {
      const mine = generation.current;
      const page = await get<TreePage>("keys/children", { prefix: id, delimiter, revision }).catch(
        () => undefined,
      );
      if (page !== undefined && mine === generation.current) {
        put(id, { pages: [page], loading: false });
      }
    }
  }, [delimiter, revision, put]);
  return { branches, latest, error, read, refresh };
}

/** The tree, and which of its folders are open. A change of delimiter or revision begins anew. */
export function useTree(delimiter: string, revision: number | undefined): Tree {
  const { branches, latest, error, read, refresh } = useReading(delimiter, revision);
  const [open, setOpen] = useState<ReadonlySet<KeyId>>(new Set());

  useEffect(() => setOpen(new Set()), [read]);

  const expand = useCallback(
    (ids: readonly KeyId[]) => {
      setOpen((before) => new Set([...before, ...ids]));
      for (const id of ids) if (!latest.current.has(id)) void read(id, []);
    },
    [latest, read],
  );
  const collapse = useCallback((id: KeyId) => {
    setOpen((before) => new Set([...before].filter((held) => held !== id)));
  }, []);
  const more = useCallback(
    (id: KeyId) => {
      const branch = latest.current.get(id);
      if (branch?.loading === false) void read(id, branch.pages);
    },
    [latest, read],
  );
  return { branches, open, error, expand, collapse, more, refresh };
}
