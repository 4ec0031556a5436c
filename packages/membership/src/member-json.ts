import { MembershipError } from "./errors.ts";

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

/** Strings, and whole numbers outside of them. */
const STRING_OR_NUMBER = /("(?:[^"\\]|\\.)*")|(?<![\w.+-])(\d{1,20})(?![\w.+-])/g;

/**
 * Parses JSON; whole numbers become strings such as `#1234`, because those beyond 2^53 would lose digits.
 * Undefined for what is no JSON.
 */
function parseExactly(text: string): unknown {
  try {
    const marked = text.replace(STRING_OR_NUMBER, (all, string: string | undefined) =>
      string === undefined ? `"#${all}"` : all,
    );
    return JSON.parse(marked);
  } catch {
    return undefined;
  }
}

function fieldsOf(parsed: unknown): Record<string, unknown> {
  return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
}

function recordOf(parsed: unknown, text: string): MemberRecord {
  const fields = fieldsOf(parsed);
  const [, digits] = /^#(\d+)$/.exec(String(fields["id"])) ?? [];
  if (digits === undefined || BigInt(digits) >= 2n ** 64n) {
    throw new MembershipError("BAD_RECORD", `Not a member record: ${text.slice(0, 200)}`);
  }
  return {
    id: BigInt(digits),
    name: typeof fields["name"] === "string" ? fields["name"] : "",
    peerUrls: stringArray(fields["peerURLs"]),
    clientUrls: stringArray(fields["clientURLs"]),
    isLearner: fields["isLearner"] === true,
  };
}

/** Reads what `memberJson` writes. Raises `MembershipError` BAD_RECORD for anything else. */
export function parseMemberJson(text: string): MemberRecord {
  return recordOf(parseExactly(text), text);
}

/** What a membership entry of the log says besides the member itself. */
export function isPromotion(context: Uint8Array): boolean {
  return fieldsOf(parseExactly(Buffer.from(context).toString()))["isPromote"] === true;
}

/** The context of the entry that makes a learner a voter. */
export function promotionContext(id: bigint): Uint8Array {
  return Buffer.from(`{"id":${id},"peerURLs":null,"isPromote":true}`);
}

/** `GET /members`: all members, ascending by id, with a line end. */
export function memberListJson(members: readonly MemberRecord[]): string {
  return `[${members.map(memberJson).join(",")}]\n`;
}

/** Reads what `memberListJson` writes. Raises `MembershipError` BAD_RECORD. */
export function parseMemberListJson(text: string): MemberRecord[] {
  const parsed = parseExactly(text);
  if (!Array.isArray(parsed)) {
    throw new MembershipError("BAD_RECORD", `Not a list of members: ${text.slice(0, 200)}`);
  }
  return parsed.map((item: unknown) => recordOf(item, text));
}
