import { keyText, fromBase64, type SearchPage } from "@nodetcd/console/contract";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, type ReactNode, useDeferredValue, useState } from "react";
import { get } from "../data/api.ts";
import { usePulse, useSession } from "../data/queries.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { numberText } from "../parts/words.ts";
import { PAGES } from "./pages.ts";
import { nextDensity, nextTheme } from "./theme.ts";

interface Choice {
  readonly id: string;
  readonly group: "Do" | "Go" | "Look at";
  readonly icon: IconName;
  readonly label: string;
  readonly hint: string;
  readonly run: () => void;
}

/** One field to go, find and do. It never destroys: tasks open their page with the plan. */
export function Palette({ close }: { readonly close: () => void }): ReactNode {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const choices = useChoices(text);
  const chosen = choices[Math.min(at, choices.length - 1)];
  const run = (choice: Choice | undefined): void => {
    if (choice === undefined) return;
    close();
    choice.run();
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && choices.length > 0) {
      event.preventDefault();
      setAt((Math.min(at, choices.length - 1) + step + choices.length) % choices.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(chosen);
    }
  };
  return (
    <Dialog label="Command palette" className="pal" close={close}>
      <div className="q">
        <Icon name="search" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={chosen === undefined ? undefined : `choice-${chosen.id}`}
          aria-label="Go to a page, find a key, start a task"
          autoFocus
          placeholder="Go, find, do. A slash starts a key, @ a revision, > a task."
          value={text}
          onKeyDown={onKey}
          onChange={({ target }) => {
            setText(target.value);
            setAt(0);
          }}
        />
        <kbd>Esc</kbd>
      </div>
      <ChoiceList choices={choices} chosen={chosen} run={run} />
      <div className="ft">
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> choose
        </span>
        <span>
          <kbd>Enter</kbd> open
        </span>
        <span>
          <kbd>/</kbd> keys
        </span>
        <span>
          <kbd>@</kbd> revision
        </span>
        <span>
          <kbd>&gt;</kbd> tasks
        </span>
      </div>
    </Dialog>
  );
}

function ChoiceList({
  choices,
  chosen,
  run,
}: {
  readonly choices: readonly Choice[];
  readonly chosen: Choice | undefined;
  readonly run: (choice: Choice) => void;
}): ReactNode {
  const groups = [...new Set(choices.map(({ group }) => group))];
  return (
    <div id="palette-list" role="listbox" aria-label="Matches" className="choices" tabIndex={-1}>
      {groups.map((group) => (
        <div role="group" aria-label={group} key={group}>
          <h3 aria-hidden="true">{group}</h3>
          {choices
            .filter((choice) => choice.group === group)
            .map((choice) => (
              <div
                key={choice.id}
                id={`choice-${choice.id}`}
                role="option"
                aria-selected={choice === chosen}
                onClick={() => run(choice)}
              >
                <Icon name={choice.icon} />
                <span className="clip">{choice.label}</span>
                <span>{choice.hint}</span>
              </div>
            ))}
        </div>
      ))}
      {choices.length === 0 ? <p className="pad note">Nothing of this name.</p> : null}
    </div>
  );
}

/** What fits the text: tasks and pages by their words, keys by asking the server. */
function useChoices(text: string): Choice[] {
  const navigate = useNavigate();
  const { data: pulse } = usePulse();
  const { data: session } = useSession();
  const keys = useFoundKeys(text);
  const go = (to: string): void => void navigate({ to });
  const tasks: Choice[] = [
    {
      id: "theme",
      group: "Do",
      icon: "theme",
      label: "Change the theme",
      hint: "Shift L",
      run: () => nextTheme(),
    },
    {
      id: "density",
      group: "Do",
      icon: "space",
      label: "Change the density",
      hint: "d",
      run: nextDensity,
    },
  ];
  const pages: Choice[] = PAGES.map(({ to, label, icon, letter }) => ({
    id: to.slice(1),
    group: "Go",
    icon,
    label,
    hint: `g ${letter}`,
    run: () => go(to),
  }));
  const found: Choice[] = keys.map((id) => ({
    id,
    group: "Go",
    icon: "keys",
    label: keyText(fromBase64(id)),
    hint: "key",
    run: () => void navigate({ to: "/keys/$key", params: { key: id } }),
  }));
  const wanted = /^@\s*([\d,]+)$/.exec(text)?.[1]?.replaceAll(",", "");
  if (wanted !== undefined) {
    const revision = Number(wanted);
    const good = revision >= (pulse?.oldest ?? 1) && revision <= (pulse?.revision ?? 0);
    if (!good) return [];
    return [
      {
        id: "travel",
        group: "Look at",
        icon: "history",
        label: `Revision ${numberText(revision)}`,
        hint: `of ${session?.cluster ?? ""}`,
        run: () => void navigate({ to: ".", search: { at: revision } }),
      },
    ];
  }
  if (text.startsWith("/")) return found;
  const only = text.startsWith(">");
  const words = text.replace(/^>/, "").trim().toLowerCase();
  const fits = ({ label }: Choice): boolean => label.toLowerCase().includes(words);
  return [...tasks.filter(fits), ...(only ? [] : [...pages.filter(fits), ...found])];
}

/** Ids of keys that contain the text, when there are three letters at least. */
function useFoundKeys(text: string): readonly string[] {
  const pattern = useDeferredValue(text.trim());
  const { data } = useQuery({
    queryKey: ["palette", pattern],
    enabled: pattern.length >= 3 && !pattern.startsWith("@") && !pattern.startsWith(">"),
    queryFn: ({ signal }) => get<SearchPage>("keys/search", { pattern }, signal),
    staleTime: 10_000,
  });
  return (data?.keys ?? []).slice(0, 8).map(({ id }) => id);
}
