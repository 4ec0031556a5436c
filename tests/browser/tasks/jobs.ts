import { equal } from "node:assert/strict";
import type { Task } from "../scene.ts";

const CRON_JOB = {
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name: "nightly-report", namespace: "default" },
  spec: {
    schedule: "0 2 * * *",
    timeZone: "Europe/Berlin",
    jobTemplate: {
      spec: {
        template: {
          spec: {
            restartPolicy: "Never",
            containers: [{ name: "main", image: "any", command: ["sh", "-c", "echo hello"] }],
          },
        },
      },
    },
  },
};

export const JOBS_TASKS: readonly Task[] = [
  {
    name: "jobs: a CronJob with its next moments is run now, suspended and resumed",
    run: async ({ go, page, stage, unlock, sees }) => {
      const path = "/apis/batch/v1/namespaces/default/cronjobs";
      const made = await fetch(stage.jobsUrl + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(CRON_JOB),
      });
      equal(made.status, 201);
      await go("/jobs");
      await sees("nightly-report");
      await sees("Europe/Berlin");
      await unlock();
      await page.getByRole("button", { name: "Run now: nightly-report" }).click();
      await page.getByRole("button", { name: /nightly-report-manual-/ }).click();
      await page.getByRole("region", { name: /Job nightly-report-manual/ }).waitFor();
      await page.getByRole("button", { name: "Suspend: nightly-report" }).click();
      await page.getByRole("button", { name: "Resume: nightly-report" }).click();
      await page.getByRole("button", { name: "Suspend: nightly-report" }).waitFor();
      await go("/audit");
      await sees("run now");
    },
  },
];
