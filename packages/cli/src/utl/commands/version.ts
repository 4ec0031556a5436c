import type { Command } from "../../command-line/command.ts";
import { ETCD_VERSION } from "../../version.ts";
import type { UtlCall } from "../call.ts";

export const version: Command<UtlCall> = {
  use: "version",
  short: "Prints the version of etcdutl",
  run: ({ out }) => {
    const api = ETCD_VERSION.split(".").slice(0, 2).join(".");
    out.write(`etcdutl version: ${ETCD_VERSION}\nAPI version: ${api}\n`);
  },
};
