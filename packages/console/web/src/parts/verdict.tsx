import type { Finding } from "@nodetcd/console/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";

/**
 * The page's first sentence. The gravest finding is large; others of the same weight follow in lines;
 * without findings there is one calm line.
 */
export function Verdict({
  title,
  findings,
  calm,
}: {
  readonly title: string;
  readonly findings: readonly Finding[];
  readonly calm: string;
}): ReactNode {
  const [first, ...rest] = findings;
  if (first === undefined) {
    return (
      <div className="verdict well">
        <Icon name="fine" />
        <div>
          <h1>{title}</h1>
          <p>{calm}</p>
        </div>
      </div>
    );
  }
  return (
    <>
      <FindingLine finding={first} main />
      {rest.map((finding) => (
        <FindingLine finding={finding} key={finding.title} />
      ))}
    </>
  );
}

function FindingLine({
  finding,
  main = false,
}: {
  readonly finding: Finding;
  readonly main?: boolean;
}): ReactNode {
  const { rank, title, text, to, toLabel } = finding;
  const Heading = main ? "h1" : "h2";
  return (
    <div className={`verdict ${rank === "look" ? "warn" : ""} ${main ? "main-one" : "small-one"}`}>
      <Icon name={rank} label={rank === "act" ? "Act now" : "Look today"} />
      <div>
        <Heading>{title}</Heading>
        <p>{text}</p>
      </div>
      {to === undefined ? null : (
        <div className="row">
          <Link to={to} className={rank === "act" && main ? "btn pri" : "btn"}>
            {toLabel}
          </Link>
        </div>
      )}
    </div>
  );
}
