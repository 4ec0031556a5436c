import type { LogLines } from "@nodetcd/console/contract";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { apiUrl } from "../../data/api.ts";

const KEPT = 5_000;
const STAMP = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) ?(.*)$/;

/** A pod's log, live while it runs. It stays at the end unless somebody scrolls up. */
export function LogView({
  namespace,
  pod,
}: {
  readonly namespace: string;
  readonly pod: string;
}): ReactNode {
  const [lines, setLines] = useState<readonly string[]>([]);
  const [state, setState] = useState("opening");
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const source = new EventSource(apiUrl("jobs/logs", { namespace, pod }));
    source.addEventListener("lines", (event: MessageEvent<string>) => {
      const fresh = JSON.parse(event.data) as LogLines;
      setState("live");
      setLines((before) => [...before, ...fresh.lines].slice(-KEPT));
    });
    source.addEventListener("end", (event: MessageEvent<string>) => {
      const { message } = JSON.parse(event.data) as { message: string };
      setState(message === "" ? "ended" : message);
      source.close();
    });
    source.onerror = () => {
      setState("the log cannot be read");
      source.close();
    };
    return () => source.close();
  }, [namespace, pod]);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 120;
    if (atEnd) element.scrollTop = element.scrollHeight;
  }, [lines]);
  return (
    <>
      <p className="pad note" role="status">
        {state === "live" ? "Live." : state === "ended" ? "The log has ended." : state}
      </p>
      <div
        className="logs"
        ref={holder}
        role="log"
        aria-live="off"
        aria-label={`Log of ${pod}`}
        tabIndex={0}
      >
        {lines.map((line, at) => {
          const [, time = "", text = line] = STAMP.exec(line) ?? [];
          return (
            <div key={at} className={levelOf(text)}>
              <time>{time.slice(11, 23)}</time>
              <span>{text}</span>
            </div>
          );
        })}
      </div>
    </>
  );
}

function levelOf(text: string): string | undefined {
  if (/\b(error|fatal|panic|exception)\b/i.test(text)) return "e";
  return /\bwarn(ing)?\b/i.test(text) ? "w" : undefined;
}
