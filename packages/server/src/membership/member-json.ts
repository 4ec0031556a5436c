/** A member as the cluster knows it. */
export interface MemberRecord {
  readonly id: bigint;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

const GO_ESCAPES: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** JSON as Go's encoding/json writes it: compact, with these characters escaped. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (c) => GO_ESCAPES[c]!);
}

/** `{"peerURLs":[...],"isLearner":true}`: what raft has agreed on; empty parts are left out. */
export function raftAttributesJson(member: MemberRecord): string {
  const learner = member.isLearner ? `,"isLearner":true` : "";
  return `{"peerURLs":${goJson(member.peerUrls)}${learner}}`;
}

/** `{"name":"...","clientURLs":[...]}`: what the member says of itself; empty parts are left out. */
export function attributesJson(member: MemberRecord): string {
  const parts: string[] = [];
  if (member.name !== "") parts.push(`"name":${goJson(member.name)}`);
  if (member.clientUrls.length > 0) parts.push(`"clientURLs":${goJson(member.clientUrls)}`);
  return `{${parts.join(",")}}`;
}

/**
 * The member's record in the `members` bucket and in membership entries of the raft log:
 * `{"id":1234,"peerURLs":["http://a:2380"],"name":"a","clientURLs":["http://a:2379"]}`, the id as a
 * plain number of up to 64 bits.
 */
export function memberJson(member: MemberRecord): string {
  const raft = raftAttributesJson(member).slice(1, -1);
  const own = attributesJson(member).slice(1, -1);
  return `{"id":${member.id},${raft}${own === "" ? "" : `,${own}`}}`;
}

function stringArray(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((item): item is string => typeof item === "string")
    : [];
}

/** Reads what `memberJson` writes. Raises `SyntaxError` for anything else. */
export function parseMemberJson(text: string): MemberRecord {
  // JSON numbers beyond 2^53 lose digits, so the id is taken from the text.
  const digits = /"id"\s*:\s*(\d+)/.exec(text)?.[1];
  const parsed: unknown = JSON.parse(text);
  if (digits === undefined || typeof parsed !== "object" || parsed === null) {
    throw new SyntaxError(`Not a member record: ${text.slice(0, 200)}`);
  }
  const fields = parsed as Record<string, unknown>;
  return {
    id: BigInt(digits),
    name: typeof fields["name"] === "string" ? fields["name"] : "",
    peerUrls: stringArray(fields["peerURLs"]),
    clientUrls: stringArray(fields["clientURLs"]),
    isLearner: fields["isLearner"] === true,
  };
}
