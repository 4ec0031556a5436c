import { equal } from "node:assert/strict";
import { press, unlock } from "../by-keyboard.ts";
import type { Task } from "../scene.ts";
import type { Stage } from "../stage.ts";

const cronJob = (name: string): unknown => ({
  apiVersion: "batch/v1",
  kind: "CronJob",
  metadata: { name, namespace: "default" },
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
});

async function create({ jobsUrl }: Stage, name: string): Promise<void> {
  const made = await fetch(`${jobsUrl}/apis/batch/v1/namespaces/default/cronjobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(cronJob(name)),
  });
  equal(made.status, 201);
}

export const JOBS_TASKS: readonly Task[] = [
  {
    name: "jobs: a CronJob with its next moments is run now, suspended and resumed",
    run: async ({ go, page, stage, unlock, sees }) => {
      await create(stage, "nightly-report");
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
  {
    name: "by keyboard: jobs: a CronJob is run now and suspended",
    run: async (scene) => {
      const { go, page, sees, stage } = scene;
      await create(stage, "by-hand");
      await go("/jobs");
      await sees("by-hand");
      await unlock(scene);
      await press(scene, "button", "Run now: by-hand");
      await press(scene, "button", /by-hand-manual-/);
      await page.getByRole("region", { name: /Job by-hand-manual/ }).waitFor();
      await press(scene, "button", "Suspend: by-hand");
      await press(scene, "button", "Resume: by-hand");
      await page.getByRole("button", { name: "Suspend: by-hand" }).waitFor();
    },
  },
];
