/** Why a request fails, in Kubernetes' words. Stable: branch on it, never on the message. */
export type ApiReason =
  | "BadRequest"
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "AlreadyExists"
  | "Conflict"
  | "Expired"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "Invalid"
  | "TooManyRequests"
  | "InternalError"
  | "ServiceUnavailable"
  | "Timeout";

const CODES: Readonly<Record<ApiReason, number>> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
};

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** The body of a failed request. */
export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: { continue?: string };
  status: "Failure" | "Success";
  message?: string;
  reason?: ApiReason;
  details?: StatusDetails;
  code?: number;
}

/** A request that cannot be done. `code` is the HTTP status, `reason` what programs branch on. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: number;
  readonly reason: ApiReason;
  readonly details: StatusDetails | undefined;
  /** A token that goes on with a list whose revision is compacted. */
  readonly continueToken: string | undefined;

  constructor(
    reason: ApiReason,
    message: string,
    options: { details?: StatusDetails; continueToken?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = CODES[reason];
    this.reason = reason;
    this.details = options.details;
    this.continueToken = options.continueToken;
  }

  /** As an answer carries it. */
  toStatus(): Status {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: "Failure",
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** Group and plural of what an error is about: `jobs.batch`, or `pods`. */
export interface GroupResource {
  readonly group: string;
  readonly plural: string;
}

/** `jobs.batch`, or `pods` for the group without a name. */
export function qualified({ group, plural }: GroupResource): string {
  return group === "" ? plural : `${plural}.${group}`;
}

function detailsOf({ group, plural }: GroupResource, name: string): StatusDetails {
  return { name, ...(group === "" ? {} : { group }), kind: plural };
}

export function notFound(resource: GroupResource, name: string): ApiError {
  const details = detailsOf(resource, name);
  return new ApiError("NotFound", `${qualified(resource)} "${name}" not found`, { details });
}

export function alreadyExists(resource: GroupResource, name: string): ApiError {
  const details = detailsOf(resource, name);
  return new ApiError("AlreadyExists", `${qualified(resource)} "${name}" already exists`, {
    details,
  });
}

export function conflict(resource: GroupResource, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`;
  return new ApiError("Conflict", message, { details: detailsOf(resource, name) });
}

export const MODIFIED =
  "the object has been modified; please apply your changes to the latest version and try again";

export function badRequest(message: string): ApiError {
  return new ApiError("BadRequest", message);
}

/** True for what other servers of this kind give as a reason. */
export function isApiReason(reason: unknown): reason is ApiReason {
  return typeof reason === "string" && Object.hasOwn(CODES, reason);
}

/** True for an `ApiError` with this reason. */
export function isReason(error: unknown, reason: ApiReason): error is ApiError {
  return error instanceof ApiError && error.reason === reason;
}
