#!/usr/bin/env node
import * as nodeModule from "node:module";
import { run } from "./run.ts";
import { ignoreHarmlessSignals } from "./signals.ts";

ignoreHarmlessSignals();

/** Keeps compiled code between runs: Node 22.1 and later. */
const { enableCompileCache } = nodeModule as { enableCompileCache?: () => unknown };
enableCompileCache?.();

void run(process.argv.slice(2)).then((code) => process.exit(code));
