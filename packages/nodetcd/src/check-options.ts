import { defaultConfig, ServerError } from "@nodetcd/server";

/** What an option must be like; the defaults of `startEtcd` for those that have no default there. */
const START_OPTIONS: Readonly<Record<string, unknown>> = {
  dataDir: "",
  clientPort: 0,
  listen: true,
  name: "",
  config: {},
  logger: {},
};

/**
 * JavaScript has no types: an option that does not exist, or has a value of another kind, would be passed over or
 * taken for something else. Raises `ServerError` of code `BAD_CONFIG`.
 */
export function checkStartOptions(options: Readonly<Record<string, unknown>>): void {
  checkLike(options, START_OPTIONS, "options");
  const { clientPort, config } = options;
  if (typeof clientPort === "number" && !(clientPort >= 0 && clientPort <= 65_535)) {
    refuse("clientPort", "a port from 0 to 65535", clientPort);
  }
  if (config === undefined) return;
  checkLike(config as Readonly<Record<string, unknown>>, { ...defaultConfig }, "config");
}

/** As `checkStartOptions`, for `startCluster`. */
export function checkClusterOptions(options: Readonly<Record<string, unknown>>): void {
  checkLike(options, { size: 0, config: {}, logger: {} }, "options");
  const { size, config } = options;
  if (typeof size === "number" && !(Number.isInteger(size) && size >= 1 && size <= 9)) {
    refuse("size", "a whole number from 1 to 9", size);
  }
  if (config === undefined) return;
  checkLike(config as Readonly<Record<string, unknown>>, { ...defaultConfig }, "config");
}

function checkLike(
  given: Readonly<Record<string, unknown>>,
  like: Readonly<Record<string, unknown>>,
  what: string,
): void {
  if (typeof given !== "object" || given === null) refuse(what, "an object", given);
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(like, name)) {
      const near = Object.keys(like).find((known) => known.toLowerCase() === name.toLowerCase());
      const hint = near === undefined ? "" : `; did you mean ${near}?`;
      throw new ServerError("BAD_CONFIG", `${what}.${name}: there is no such option${hint}`);
    }
    const expected = like[name];
    if (value === undefined || expected === undefined) continue;
    if (Array.isArray(expected)) {
      const texts = Array.isArray(value) && value.every((one) => typeof one === "string");
      if (!texts) refuse(name, "a list of texts", value);
    } else if (typeof value !== typeof expected || value === null) {
      refuse(
        name,
        typeof expected === "string"
          ? "a text"
          : `${typeof expected === "object" ? "an" : "a"} ${typeof expected}`,
        value,
      );
    } else if (typeof value === "number" && !Number.isFinite(value)) {
      refuse(name, "a number that is finite", value);
    }
  }
}

function refuse(name: string, expected: string, value: unknown): never {
  const shown = typeof value === "string" || typeof value === "number" ? ` ${value}` : "";
  const message = `${name}: expected ${expected}, got ${typeof value}${shown}`;
  throw new ServerError("BAD_CONFIG", message);
}
