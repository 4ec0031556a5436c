/** bcrypt's cost when none is configured, or one outside of what bcrypt allows. */
export const BCRYPT_COST_DEFAULT = 10;
export const BCRYPT_COST_MIN = 4;
export const BCRYPT_COST_MAX = 31;
/** Bytes of a password; bcrypt would ignore what comes after them. */
export const PASSWORD_BYTES_MAX = 72;
/** Passwords that are hashed or compared at the same time: each keeps a thread of the pool busy. */
export const PASSWORDS_AT_ONCE = 2;
/** Passwords that wait for their turn; one more is refused. Some 20 seconds of work at cost 10. */
export const PASSWORDS_WAITING_MAX = 500;
/** Passwords that were right, remembered until anything of users or roles changes. */
export const VERIFIED_PASSWORDS_MAX = 1000;
/** Seconds that a simple token lives after its last use. */
export const SIMPLE_TOKEN_TTL_SECONDS = 300;
/** Random letters at the head of a simple token. */
export const SIMPLE_TOKEN_LETTERS = 16;
/** Living simple tokens of one user; the oldest one goes when there would be more. */
export const SIMPLE_TOKENS_PER_USER_MAX = 50_000;
/** Bytes of a token; a longer one is refused unread. */
export const TOKEN_BYTES_MAX = 8192;
/** Signed tokens whose signature was right, remembered so that it is computed once. */
export const VERIFIED_TOKENS_MAX = 1000;
/** Milliseconds that a signed token is valid when its options do not say. */
export const JWT_TTL_MS_DEFAULT = 300_000;
/** Failed logins of a user, and of an address, before the next ones are slowed. */
export const LOGIN_FAILURES_FREE_USER = 3;
export const LOGIN_FAILURES_FREE_ADDRESS = 10;
/** Milliseconds of the first delay after that; each further failure doubles it. */
export const LOGIN_FIRST_DELAY_MS = 100;
/** Milliseconds without a failure after which half of them are forgotten. */
export const LOGIN_FAILURES_FORGOTTEN_MS = 60_000;
/** Users, and addresses, whose failures are remembered; with one more the oldest is forgotten. */
export const LOGIN_FAILURES_KEPT_MAX = 10_000;
/** Milliseconds, above the longest delay, that logins of one address may queue; more are refused. */
export const LOGIN_WAIT_MAX_MS = 3_000;
/** Logins that are delayed at the same time; one more is refused. */
export const LOGINS_DELAYED_MAX = 500;
