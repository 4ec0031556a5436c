import { ApiError } from "../errors.ts";

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** What somebody wants to do, in Kubernetes' words. */
export interface Attributes {
  readonly verb: string;
  readonly group: string;
  /** `jobs`, or `jobs/status`. Empty for a path that is about no object. */
  readonly resource: string;
  /** Empty: in all namespaces, or in none. */
  readonly namespace: string;
  readonly name: string;
  /** Of what is about no object. */
  readonly path?: string;
}

/** Who may do what. Without one, everybody who reaches the server may do everything. */
export interface Authorizer {
  allows(user: User, attributes: Attributes): boolean;
  /** `SelfSubjectRulesReview`'s answer: what a user may do in a namespace. */
  rules(user: User, namespace: string): AccessRules;
}

export interface AccessRules {
  readonly resourceRules: readonly {
    readonly verbs: readonly string[];
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
  }[];
  readonly nonResourceRules: readonly {
    readonly verbs: readonly string[];
    readonly nonResourceURLs: readonly string[];
  }[];
  readonly incomplete: boolean;
}

const ANY: readonly string[] = ["*"];

export const ALLOW_ALL: Authorizer = {
  allows: () => true,
  rules: () => ({
    resourceRules: [{ verbs: ANY, apiGroups: ANY, resources: ANY }],
    nonResourceRules: [{ verbs: ANY, nonResourceURLs: ANY }],
    incomplete: false,
  }),
};

/** The refusal, in Kubernetes' words. */
export function forbidden(user: User, attributes: Attributes): ApiError {
  const { verb, group, resource, namespace, name, path } = attributes;
  if (path !== undefined) {
    return new ApiError(
      "Forbidden",
      `forbidden: User "${user.name}" cannot ${verb} path "${path}"`,
    );
  }
  const [plural = ""] = resource.split("/");
  const kind = group === "" ? plural : `${plural}.${group}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const named = name === "" ? kind : `${kind} "${name}"`;
  return new ApiError(
    "Forbidden",
    `${named} is forbidden: User "${user.name}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`,
    { details: { name, ...(group === "" ? {} : { group }), kind: plural } },
  );
}
