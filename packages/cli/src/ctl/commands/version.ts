import type { Command } from "../../command-line/command.ts";
import { ETCD_VERSION } from "../../version.ts";
import type { CtlCall } from "../call.ts";

export const version: Command<CtlCall> = {
  use: "version",
  short: "Prints the version of etcdctl",
  run: ({ out }) => {
    const api = ETCD_VERSION.split(".").slice(0, 2).join(".");
    out.write(`etcdctl version: ${ETCD_VERSION}\nAPI version: ${api}\n`);
  },
};
