/** Who makes a request; goes with it through the log, as user name and auth revision of its header. */
export interface Identity {
  /** Empty for nobody. */
  readonly user: string;
  /** The auth revision at which the identity was established; 0 for nobody. */
  readonly authRevision: number;
}

/** Who gave neither token nor certificate; also everybody while authentication is off. */
export const ANONYMOUS: Identity = { user: "", authRevision: 0 };

/** The user, and the role, that administer. */
export const ROOT = "root";

const BEARER = "Bearer ";

/**
 * The token of a request, from its metadata: `token`, else `authorization`, first value, less one
 * `Bearer ` in front. Undefined when neither key is there; an empty token is a (wrong) token.
 */
export function requestToken(metadata: (key: string) => string | undefined): string | undefined {
  // Values of one key come joined by commas, which no token has: etcd3 of PyPI sends each token twice.
  const values = metadata("token") ?? metadata("authorization");
  const comma = values?.indexOf(",") ?? -1;
  const token = comma < 0 ? values : values?.slice(0, comma);
  return token?.startsWith(BEARER) === true ? token.slice(BEARER.length) : token;
}
