import type { HttpReply, HttpRequest } from "../http/exchange.ts";
import { checkFields } from "../schema/check-fields.ts";
import { decodeProtobuf, openEnvelope } from "../schema/decode-protobuf.ts";
import { typeOf } from "../schema/types.ts";
import type { Attributes, User } from "./authorize.ts";
import type { Api } from "./call.ts";
import { contentType, parseJson, PROTOBUF, readBytes } from "./read-body.ts";
import { jsonReply } from "./reply.ts";
import { apiVersionOf, type Review } from "./served.ts";

interface ReviewSpec {
  user?: string;
  groups?: string[];
  namespace?: string;
  resourceAttributes?: {
    verb?: string;
    group?: string;
    resource?: string;
    subresource?: string;
    namespace?: string;
    name?: string;
  };
  nonResourceAttributes?: { path?: string; verb?: string };
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: ReviewSpec): Attributes {
  if (resourceAttributes === undefined) {
    const { verb = "", path = "" } = nonResourceAttributes ?? {};
    return { verb, group: "", resource: "", namespace: "", name: "", path };
  }
  const { verb = "", group = "", resource = "", subresource = "" } = resourceAttributes;
  return {
    verb,
    group,
    resource: subresource === "" ? resource : `${resource}/${subresource}`,
    namespace: resourceAttributes.namespace ?? "",
    name: resourceAttributes.name ?? "",
  };
}

async function readReview(request: HttpRequest, { group, kind }: Review): Promise<object> {
  const type = typeOf(group, kind)!;
  const bytes = await readBytes(request);
  if (contentType(request) === PROTOBUF) return decodeProtobuf(type, openEnvelope(bytes).raw);
  return checkFields(type, parseJson(bytes)).object;
}

function statusOf(api: Api, user: User, review: Review, spec: ReviewSpec): object {
  const access = (who: User): object => {
    const allowed = api.authorizer.allows(who, attributesOf(spec));
    return { allowed, ...(allowed ? {} : { reason: "no rule allows it" }) };
  };
  switch (review.kind) {
    case "SelfSubjectReview":
      return { userInfo: { username: user.name, groups: user.groups } };
    case "SelfSubjectAccessReview":
      return access(user);
    case "SelfSubjectRulesReview":
      return api.authorizer.rules(user, spec.namespace ?? "");
    default:
      return access({ name: spec.user ?? "", groups: spec.groups ?? [] });
  }
}

/** Answers a question about access, or about who is asking. */
export async function answerReview(
  api: Api,
  request: HttpRequest,
  review: Review,
  user: User,
): Promise<HttpReply> {
  const asked = await readReview(request, review);
  const { spec = {}, metadata = {} } = asked as { spec?: ReviewSpec; metadata?: object };
  const { kind } = review;
  const status = statusOf(api, user, review, spec);
  const shown = kind === "SelfSubjectReview" ? {} : { spec };
  return jsonReply(
    {
      kind,
      apiVersion: apiVersionOf(review),
      metadata: { creationTimestamp: null, ...metadata },
      ...shown,
      status,
    },
    { status: 201 },
  );
}
