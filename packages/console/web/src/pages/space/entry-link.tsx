import { fromBase64, keyText, type SpaceEntry } from "@nodetcd/console/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

export function nameOf(entry: SpaceEntry): string {
  return keyText(fromBase64(entry.id));
}

/** Down into a folder, or to a key. */
export function EntryLink({
  entry,
  className,
  style,
  children,
}: {
  readonly entry: SpaceEntry;
  readonly className?: string;
  readonly style?: Readonly<Record<string, string>>;
  readonly children: ReactNode;
}): ReactNode {
  const common = {
    ...(className === undefined ? {} : { className }),
    ...(style === undefined ? {} : { style }),
  };
  return entry.kind === "folder" ? (
    <Link
      {...common}
      to="/space"
      search={(before) => ({ at: before.at, prefix: nameOf(entry) })}
      title={nameOf(entry)}
    >
      {children}
    </Link>
  ) : (
    <Link
      {...common}
      to="/keys/$key"
      params={{ key: entry.id }}
      search={(before) => ({ at: before.at })}
      title={nameOf(entry)}
    >
      {children}
    </Link>
  );
}
