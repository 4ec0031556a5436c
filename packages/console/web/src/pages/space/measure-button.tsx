import type { SpaceView } from "@nodetcd/console/contract";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { post } from "../../data/api.ts";
import { queryClient } from "../../data/queries.ts";
import { plural } from "../../parts/words.ts";

/** Reads all of history once; what that costs is said before. */
export function MeasureButton({ view: { measured } }: { readonly view: SpaceView }): ReactNode {
  const measure = useMutation({
    mutationFn: () => post("space/measure"),
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: ["space"] }),
  });
  const running = measured !== undefined && measured.at === undefined;
  const error = measure.error?.message ?? measured?.error;
  return (
    <>
      <span role="status" className="dim small">
        {running
          ? `Reading history: ${plural(measured.versions, "version")} so far`
          : error !== undefined
            ? `History cannot be read: ${error}`
            : ""}
      </span>
      <button
        className="btn"
        disabled={running || measure.isPending}
        title="Reads every version that is left once, over the network"
        onClick={() => measure.mutate()}
      >
        {measured?.at === undefined ? "Measure history" : "Measure history again"}
      </button>
    </>
  );
}
