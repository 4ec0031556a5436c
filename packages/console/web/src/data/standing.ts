import { useNavigate, useSearch } from "@tanstack/react-router";

/** The revision that the page stands at: undefined is now. */
export function useStanding(): {
  readonly revision: number | undefined;
  readonly travel: (revision: number | undefined) => void;
} {
  const { at } = useSearch({ from: "__root__" });
  const navigate = useNavigate();
  return {
    revision: at,
    travel: (revision) =>
      void navigate({ to: ".", search: (before) => ({ ...before, at: revision }) }),
  };
}
