import { type ReactNode, useState } from "react";

/** Lines drawn before somebody asks for more. */
const FIRST_LINES = 1_500;

/** Text in numbered lines, with keys, figures and marks told apart. Never as markup. */
export function Code({
  lines,
  label,
  plain = false,
}: {
  readonly lines: readonly string[];
  readonly label: string;
  /** Without colours: hexadecimal, logs. */
  readonly plain?: boolean;
}): ReactNode {
  const [shown, setShown] = useState(FIRST_LINES);
  return (
    <>
      <pre className="code" tabIndex={0} role="region" aria-label={label}>
        {lines.slice(0, shown).map((line, at) => (
          <span data-n={at + 1} key={at}>
            <i />
            <b>{plain ? line : <Coloured line={line} />}</b>
          </span>
        ))}
      </pre>
      {lines.length > shown ? (
        <div className="bar">
          <button className="btn" onClick={() => setShown(shown * 4)}>
            {lines.length - shown} more lines
          </button>
        </div>
      ) : null}
    </>
  );
}

/** `key: value` of YAML and JSON, by a light look at the line. */
export function Coloured({ line }: { readonly line: string }): ReactNode {
  const match = /^(\s*(?:- )?)("(?:[^"\\]|\\.)*"|[\w./~ -]+?)(:)(\s.*)?$/.exec(line);
  if (match === null) return <span className={valueClass(line)}>{line}</span>;
  const [, lead, key, colon, value = ""] = match;
  return (
    <>
      {lead}
      <span className="k">{key}</span>
      <span className="c">{colon}</span>
      <span className={valueClass(value)}>{value}</span>
    </>
  );
}

function valueClass(text: string): string {
  const bare = text.trim().replace(/,$/, "");
  if (/^-?\d[\d.eE+-]*$/.test(bare) || /^(?:true|false|null)$/.test(bare)) return "n";
  return /^[{}[\],]*$/.test(bare) ? "c" : "s";
}
