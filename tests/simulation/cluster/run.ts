/** Runs `seeds.ts`, which see, as one bundle: `SEED=1 COUNT=1000 npm run prove -- cluster-simulated`. */
import { runSeeds } from "./bundle.ts";

process.exitCode = await runSeeds(process.env);
