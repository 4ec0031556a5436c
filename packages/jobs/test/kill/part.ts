import { Client } from "@nodetcd/client";
import { silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { ObjectStore, startControllers, startWorker } from "../../src/jobs.ts";
import { compressedClock } from "./compressed-clock.ts";

/** Controllers and a worker in a process of their own, to be killed. Arguments: see `Part` in `rounds.ts`. */
const [endpoints = "", prefix = "", dataDir = "", nodeName = "", speed = "1", start = "0"] =
  process.argv.slice(2);

const clock = compressedClock(Number(speed), Number(start));
const runtime = { ...nodeRuntime, clock };
const client = new Client({ runtime: nodeRuntime, endpoints });
const store = new ObjectStore({ client, runtime, prefix });
const parts = { store, runtime, logger: silentLogger };
startControllers({ ...parts, identity: `${nodeName}-${process.pid}`, leaseSeconds: 2 });
await startWorker({ ...parts, nodeName, dataDir, restartMs: 5_000 });
