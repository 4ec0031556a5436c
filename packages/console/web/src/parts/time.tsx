import type { ReactNode } from "react";
import { fullTimeText, timeText } from "./words.ts";

/** A moment: short in the text, whole on hover. */
export function Time({ at }: { readonly at: number }): ReactNode {
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTimeText(at)}>
      {timeText(at)}
    </time>
  );
}
