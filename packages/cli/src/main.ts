#!/usr/bin/env node
import * as nodeModule from "node:module";
import { ignoreHarmlessSignals } from "./signals.ts";

ignoreHarmlessSignals();

/** Keeps compiled code between runs: Node 22.1 and later. */
const { enableCompileCache } = nodeModule as { enableCompileCache?: () => unknown };
enableCompileCache?.();

const { run } = await import("./run.ts");
process.exit(await run(process.argv.slice(2)));
