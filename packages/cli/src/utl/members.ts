import { type MemberRecord, parseMemberJson } from "@nodetcd/membership";

export type Member = MemberRecord;

/** Records of the bucket `members`, ascending by id. */
export function parseMembers(records: readonly string[]): Member[] {
  return records.map(parseMemberJson).sort((a, b) => (a.id < b.id ? -1 : 1));
}
