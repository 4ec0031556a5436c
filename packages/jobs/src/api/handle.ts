import { ApiError } from "../errors.ts";
import type { HttpHandler, HttpReply, HttpRequest } from "../http/exchange.ts";
import { LEGIBLE_CHARACTERS_MAX } from "../limits.ts";
import { type Attributes, forbidden } from "./authorize.ts";
import type { Api, Call } from "./call.ts";
import { queryFlag } from "./call.ts";
import { create } from "./create.ts";
import { deleteCollection, deleteOne } from "./delete.ts";
import {
  aggregatedDiscovery,
  groupList,
  groupOf,
  legacyVersions,
  resourceList,
} from "./discover.ts";
import { evict } from "./evict.ts";
import { get } from "./get.ts";
import { list } from "./list.ts";
import { log } from "./log.ts";
import { chooseDiscovery } from "./negotiate.ts";
import { openApiDocument, openApiIndex } from "./open-api.ts";
import { OPEN_API_V2, OPEN_API_V2_ANSWER, openApiV2 } from "./open-api-v2.ts";
import { parsePath, type Target } from "./parse-path.ts";
import { patch } from "./patch.ts";
import { errorReply, jsonReply, toApiError, withWarnings } from "./reply.ts";
import type { Verb } from "./served.ts";
import { answerReview } from "./review.ts";
import { update } from "./update.ts";
import { watch } from "./watch.ts";

/** What the request wants to do: Kubernetes' word for it. */
export function verbOf(request: HttpRequest, { name }: Target): Verb | undefined {
  const collection = name === "";
  switch (request.method) {
    case "GET":
    case "HEAD":
      if (queryFlag(request.query, "watch")) return "watch";
      return collection ? "list" : "get";
    case "POST":
      return "create";
    case "PUT":
      return collection ? undefined : "update";
    case "PATCH":
      return collection ? undefined : "patch";
    case "DELETE":
      return collection ? "deletecollection" : "delete";
    default:
      return undefined;
  }
}

const VERBS: Readonly<Record<Verb, (call: Call) => HttpReply | Promise<HttpReply>>> = {
  create,
  delete: deleteOne,
  deletecollection: deleteCollection,
  get,
  list,
  patch,
  update,
  watch,
};

function notAllowed(): ApiError {
  return new ApiError(
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
  );
}

/** Of a path that is none of an object. */
const MISSING: HttpReply = {
  status: 404,
  headers: { "Content-Type": "text/plain; charset=utf-8" },
  body: "404 page not found\n",
};

/** Clients tell by the missing name that the path is unknown, not the object. */
function unknownPath({ path }: HttpRequest): HttpReply {
  if (!/^\/(api\/[^/]+|apis\/[^/]+\/[^/]+)\/./.test(path)) return MISSING;
  const message = "the server could not find the requested resource";
  return errorReply(new ApiError("NotFound", message, { details: {} }));
}

async function objects(call: Call): Promise<HttpReply> {
  const { target, request } = call;
  const verb = verbOf(request, target);
  const allowed = target.subresource?.verbs ?? target.served.verbs;
  if (verb === undefined || !allowed.includes(verb)) throw notAllowed();
  const attributes = attributesOf(target, verb);
  if (!call.api.authorizer.allows(call.user, attributes)) throw forbidden(call.user, attributes);
  const special = SUBRESOURCES[target.subresource?.name ?? ""];
  return await (special ?? VERBS[verb])(call);
}

/** Subresources that are no part of the object. */
const SUBRESOURCES: Readonly<Record<string, (call: Call) => Promise<HttpReply>>> = {
  eviction: evict,
  log,
};

function attributesOf({ served, namespace, name, subresource }: Target, verb: Verb): Attributes {
  const { plural } = served.resource;
  const resource = subresource === undefined ? plural : `${plural}/${subresource.name}`;
  return { verb, group: served.group, resource, namespace, name };
}

function discovery(request: HttpRequest): HttpReply | undefined {
  const path = request.path.replace(/\/$/, "");
  if (path === "/api" || path === "/apis") {
    const version = chooseDiscovery(request.header("accept"));
    if (version === undefined) return jsonReply(path === "/api" ? legacyVersions() : groupList());
    const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    const reply = jsonReply(aggregatedDiscovery(path === "/api" ? "api" : "apis", version), {
      contentType,
    });
    reply.headers["Vary"] = "Accept";
    return reply;
  }
  const [, root, group = "", version, more] = path.split("/");
  if (more !== undefined) return undefined;
  if (root === "api" && version === undefined) {
    const found = resourceList({ group: "", version: group });
    return found && jsonReply(found);
  }
  if (root !== "apis") return undefined;
  const found = version === undefined ? groupOf(group) : resourceList({ group, version });
  return found && jsonReply(found);
}

const HEALTH: readonly string[] = ["/healthz", "/livez", "/readyz"];
const HEALTHY: HttpReply = {
  status: 200,
  headers: { "Content-Type": "text/plain; charset=utf-8" },
  body: "ok",
};

/** The Kubernetes version whose behaviour this follows. `kubectl` chooses its own version by `minor`. */
const VERSION: Readonly<Record<string, string>> = {
  major: "1",
  minor: "33",
  gitVersion: "v1.33.0+nodetcd",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "linux/amd64",
};

/** kubectl asks for them when it does not know the kind of an object: there are none. */
const CUSTOM_KINDS = {
  path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
  list: {
    kind: "CustomResourceDefinitionList",
    apiVersion: "apiextensions.k8s.io/v1",
    metadata: {},
    items: [],
  },
} as const;

function wellKnown(request: HttpRequest): HttpReply | undefined {
  const { path } = request;
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  if (path === "/version" || path === "/version/") return jsonReply(VERSION);
  if (HEALTH.some((root) => path === root || path.startsWith(`${root}/`))) {
    return HEALTHY;
  }
  if (path === "/openapi/v2" && request.header("accept")?.includes(OPEN_API_V2) === true) {
    return { status: 200, headers: { "Content-Type": OPEN_API_V2_ANSWER }, body: openApiV2() };
  }
  if (path === CUSTOM_KINDS.path) return jsonReply(CUSTOM_KINDS.list);
  if (path === "/openapi/v3") return jsonReply(openApiIndex());
  if (path.startsWith("/openapi/v3/")) {
    const found = openApiDocument(path.slice("/openapi/v3/".length));
    return found && jsonReply(found);
  }
  return discovery(request);
}

async function answer(api: Api, request: HttpRequest, warnings: string[]): Promise<HttpReply> {
  if (HEALTH.includes(request.path)) return HEALTHY;
  const user = api.authenticate(request);
  const known = wellKnown(request);
  if (known !== undefined) return known;
  const route = parsePath(request.path);
  if (route === undefined) return unknownPath(request);
  if (route.kind === "object") {
    return await objects({ api, request, target: route.target, user, warnings });
  }
  if (request.method !== "POST") throw notAllowed();
  return await answerReview(api, request, route.review, user);
}

/** For people: with line breaks, as curl, wget and browsers get it without asking. */
function legible({ query, header }: HttpRequest, reply: HttpReply): HttpReply {
  const asked = query.get("pretty");
  const person = /^(curl|Wget|Mozilla\/5\.0)/.test(header("user-agent") ?? "");
  if (asked === "false" || asked === "0" || (asked === null && !person)) return reply;
  const { body, headers } = reply;
  if (typeof body !== "string" || body.length > LEGIBLE_CHARACTERS_MAX) return reply;
  if (!String(headers["Content-Type"]).startsWith("application/json")) return reply;
  return { ...reply, body: `${JSON.stringify(JSON.parse(body), null, 2)}\n` };
}

/** Answers every request; failures are Kubernetes' `Status` objects. */
export function handlerOf(api: Api): HttpHandler {
  return async (request) => {
    const warnings: string[] = [];
    try {
      const reply = legible(request, await answer(api, request, warnings));
      return withWarnings(reply, warnings);
    } catch (raised) {
      const error = toApiError(raised);
      if (error.code >= 500 && !request.signal.aborted) {
        const { method, path } = request;
        api.logger.warn("request failed", { method, path, error: error.message });
      }
      return withWarnings(legible(request, errorReply(error)), warnings);
    }
  };
}
