import {
  Event,
  HashKVResponse,
  type JsonField,
  jsonMessage,
  Member,
  type MessageCodec,
  ResponseHeader,
  StatusResponse,
} from "@nodetcd/messages";
import { decodeText } from "../../quote.ts";
import { CODECS } from "./codecs.ts";
import type { Details, EndpointReply, OutputForm, Replies } from "./replies.ts";
import { hex, rawText } from "./values.ts";

/** A message as Go's `encoding/json` writes the generated struct: numbers as numbers, enums too, what is empty left out. */
function message<T>(codec: MessageCodec<T>, value: T): string {
  return messageText(codec.name, value as Fields);
}

type Fields = Readonly<Record<string, unknown>>;

function messageText(name: string, value: Fields): string {
  const members: string[] = [];
  for (const field of jsonMessage(name).fields) {
    const text = memberText(field, value[field.property]);
    if (text === undefined) continue;
    // The members of a oneof lie in a struct of their own, which is named after it in Go.
    const wrapped = field.oneof === undefined ? text : `"Response":{${text}}`;
    members.push(wrapped);
  }
  return `{${members.join(",")}}`;
}

function memberText(field: JsonField, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (field.isRepeated) {
    const list = value as readonly unknown[];
    if (list.length === 0) return undefined;
    return `"${field.name}":[${list.map((one) => valueText(field, one)).join(",")}]`;
  }
  if (field.kind === "bytes" ? (value as Uint8Array).length === 0 : isZero(value)) {
    return undefined;
  }
  return `"${field.name}":${valueText(field, value)}`;
}

function isZero(value: unknown): boolean {
  return value === 0 || value === 0n || value === "" || value === false;
}

function valueText(field: JsonField, value: unknown): string {
  if (field.kind === "message") return messageText(field.type, value as Fields);
  if (field.kind === "bytes") return bytesText(value as Uint8Array);
  return field.kind === "string" ? goString(String(value)) : String(value);
}

function bytesText(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")}"`;
}

const ESCAPED = /[<>&\u2028\u2029\u007f]/g;

/** As Go writes strings: `<`, `>` and `&` escaped, bytes that are no UTF-8 replaced. */
function goString(text: string): string {
  const clean = JSON.stringify(decodeText(Buffer.from(text)));
  const escaped = clean.replace(ESCAPED, (c) =>
    c === "\u007f" ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return rawText(escaped);
}

/** The header's members, for replies whose Go struct embeds it. */
function embedded(header: ResponseHeader | undefined): string {
  if (header === undefined) return "";
  const text = message(ResponseHeader, header).slice(1, -1);
  return text === "" ? "" : `${text},`;
}

function list(texts: readonly string[]): string {
  return texts.length === 0 ? "null" : `[${texts.join(",")}]`;
}

function watch(reply: Replies["watch"]): string {
  const { header, events, compactRevision, canceled, created, cancelReason } = reply;
  const head = header === undefined ? "null" : message(ResponseHeader, header);
  const changes = list(events.map((event) => message(Event, event)));
  return `{"Header":${head},"Events":${changes},"CompactRevision":${compactRevision},"Canceled":${canceled},"Created":${created},"CancelReason":${goString(cancelReason)}}`;
}

function endpoints<Reply>(
  name: string,
  codec: MessageCodec<Reply>,
): (all: readonly EndpointReply<Reply>[]) => string {
  return (all) =>
    `${list(
      all.map(
        ({ endpoint, reply }) =>
          `{"Endpoint":${goString(endpoint)},"${name}":${message(codec, reply)}}`,
      ),
    )}\n`;
}

function health(all: Replies["endpointHealth"]): string {
  return list(
    all.map(({ endpoint, isHealthy, took, error }) => {
      const why = error === "" ? "" : `,"error":${goString(error)}`;
      return `{"endpoint":${goString(endpoint)},"health":${isHealthy},"took":${goString(took)}${why}}`;
    }),
  );
}

interface MembersReply {
  readonly header: ResponseHeader | undefined;
  readonly members: readonly Member[];
  readonly member?: Member | undefined;
}

/** With `--hex` ids are hexadecimal strings. */
function hexMembers({ header, member, members }: MembersReply, isAdd: boolean): string {
  const parts = [`"header":${header === undefined ? "null" : hexHeader(header)}`];
  if (isAdd) parts.push(`"member":${member === undefined ? "null" : hexMember(member)}`);
  parts.push(`"members":[${members.map(hexMember).join(",")}]`);
  return `{${parts.join(",")}}`;
}

function hexHeader(header: ResponseHeader): string {
  const rest = message(ResponseHeader, { ...header, clusterId: 0n, memberId: 0n }).slice(1, -1);
  const ids = `"cluster_id":"${hex(header.clusterId)}","member_id":"${hex(header.memberId)}"`;
  return `{${ids}${rest === "" ? "" : `,${rest}`}}`;
}

function hexMember(member: Member): string {
  const rest = message(Member, { ...member, id: 0n }).slice(1, -1);
  return `{"ID":"${hex(member.id)}"${rest === "" ? "" : `,${rest}`}}`;
}

function members<Reply extends MembersReply>(
  codec: MessageCodec<Reply>,
  isAdd = false,
): (reply: Reply, details: Details) => string {
  return (reply, details) => `${details.hex ? hexMembers(reply, isAdd) : message(codec, reply)}\n`;
}

const whole = Object.fromEntries(
  Object.entries(CODECS).map(([kind, codec]) => [
    kind,
    (reply: object) => `${message(codec as MessageCodec<object>, reply)}\n`,
  ]),
) as OutputForm;

/** `-w json`: the structs of etcd's Go client as Go writes them. */
export const json: OutputForm = {
  ...whole,
  watch: (reply) => `${watch(reply)}\n`,
  grant: (reply) =>
    `{${embedded(reply.header)}"ID":${reply.id},"TTL":${reply.ttl},"Error":${goString(reply.error)}}\n`,
  keepAlive: (reply) => `{${embedded(reply.header)}"ID":${reply.id},"TTL":${reply.ttl}}\n`,
  timeToLive: ({ header, id, ttl, grantedTtl, keys }) =>
    `{${embedded(header)}"id":${id},"ttl":${ttl},"granted-ttl":${grantedTtl},"keys":${list(keys.map(bytesText))}}\n`,
  leases: ({ header, leases }) =>
    `{${embedded(header)}"leases":[${leases.map(({ id }) => `{"id":${id}}`).join(",")}]}\n`,
  memberAdd: members(CODECS.memberAdd, true),
  memberRemove: members(CODECS.memberRemove),
  memberUpdate: members(CODECS.memberUpdate),
  memberPromote: members(CODECS.memberPromote),
  memberList: members(CODECS.memberList),
  endpointHealth: (all) => `${health(all)}\n`,
  endpointStatus: endpoints("Status", StatusResponse),
  endpointHashKv: endpoints("HashKV", HashKVResponse),
};
