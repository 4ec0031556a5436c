import { hostname, networkInterfaces } from "node:os";

/** Names and addresses under which this machine is reached: its own and the local ones. */
export function foundHosts(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    // Link-local addresses are good for nothing without the name of an interface.
    .filter(({ scopeid, family }) => family === "IPv4" || scopeid === 0)
    .map(({ address }) => address);
  return [...new Set(["localhost", hostname(), "127.0.0.1", "::1", ...addresses])];
}
