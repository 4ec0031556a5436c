// Workers inherit no loader: this one brings it, and then is `run.ts` in a worker.
import { register } from "tsx/esm/api";

register();
await import("./run.ts");
