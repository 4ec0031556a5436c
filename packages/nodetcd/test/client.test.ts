import { connect, startEtcd } from "../src/nodetcd.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { historySuite } from "../../client/test/history-suite.ts";
import { keyspaceSuite } from "../../client/test/keyspace-suite.ts";
import { ownershipSuite } from "../../client/test/ownership-suite.ts";
import { clientSuite } from "../../client/test/suite.ts";
import { watchSuite } from "../../client/test/watch-suite.ts";

clientSuite("nodetcd over a socket", () => startEtcd());
ownershipSuite("nodetcd", () => startEtcd());
keyspaceSuite("nodetcd", () => startEtcd());
historySuite("nodetcd", () => startEtcd());
clientSuite("nodetcd over a unix socket", async () => {
  const directory = mkdtempSync(join(tmpdir(), "nodetcd-unix-"));
  const listenClientUrls = [`unix://${join(directory, "etcd.sock")}`];
  const { endpoint, stop } = await startEtcd({ config: { listenClientUrls } });
  return {
    endpoint: undefined,
    client: connect(endpoint),
    stop: async () => {
      await stop();
      rmSync(directory, { recursive: true });
    },
  };
});
clientSuite("nodetcd without a socket", async () => {
  const { client, stop } = await startEtcd({ listen: false });
  return { endpoint: undefined, client, stop };
});
watchSuite("nodetcd", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "nodetcd-watch-"));
  let member = await startEtcd({ dataDir });
  const { endpoint } = member;
  const clientPort = Number(new URL(endpoint).port);
  return {
    endpoint,
    // In this process a member cannot be killed: `npm run prove -- crash-watches` does that.
    restart: async () => {
      await member.stop();
      member = await startEtcd({ dataDir, clientPort });
    },
    stop: async () => {
      await member.stop();
      rmSync(dataDir, { recursive: true });
    },
  };
});
