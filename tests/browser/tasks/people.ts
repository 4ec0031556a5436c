/** Signing in with etcd's own users. These tasks turn users on and off: they have a cluster to themselves. */
import { equal, rejects } from "node:assert/strict";
import { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { keyId, type Scene, type Task } from "../scene.ts";

async function signIn({ page }: Scene, name: string, password: string): Promise<void> {
  await page.getByRole("textbox", { name: "User" }).fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

async function typeName({ page, stage }: Scene, button: string): Promise<void> {
  await page.getByRole("textbox", { name: /^Type/ }).fill(stage.name);
  await page.getByRole("button", { name: button }).click();
}

export const PEOPLE_TASKS: readonly Task[] = [
  {
    name: "people: users are turned on; who signs in sees and changes what their role allows; root turns them off",
    run: async (scene) => {
      const { go, page, sees, unlock, stage, problems } = scene;
      await go("/access");
      await unlock();
      await typeName(scene, "Turn users on");
      await page.getByRole("button", { name: "Sign in" }).waitFor();
      await rejects(
        stage.client.get("/registry/secrets/shop/token"),
        /user name is empty|auth token/,
      );
      await signIn(scene, "grace", "wrong");
      await page.getByRole("alert").waitFor();
      await signIn(scene, "grace", "grace");
      await page.getByRole("button", { name: "Sign out" }).waitFor();
      await go("/keys");
      await sees("/registry/deployments/shop/");
      equal(await page.getByRole("treeitem").count(), 1);
      await go(`/keys/${keyId("/registry/secrets/shop/token")}`);
      await sees(/cannot be shown/);
      await go("/access");
      await sees("Others are shown to users with the role root.");
      await page.getByRole("button", { name: "Sign out" }).click();
      await signIn(scene, "root", "root");
      await page.getByRole("button", { name: "Sign out" }).waitFor();
      await go("/access");
      await unlock();
      await typeName(scene, "Turn users off");
      await page.getByRole("button", { name: "Turn users on" }).waitFor();
      equal((await stage.client.get("/registry/secrets/shop/token")) === undefined, false);
      // The refusals above are the console's answers 401 and 403, which Chromium writes into its console.
      const rest = problems.filter((text) => !/status of 40[13]/.test(text));
      problems.splice(0, problems.length, ...rest);
    },
  },
];

/** Whatever a task has left: users are off again. */
export async function turnUsersOff(endpoints: readonly string[]): Promise<void> {
  const credentials = { name: "root", password: "root" };
  const root = new Client({ runtime: nodeRuntime, endpoints, credentials });
  await root.auth.disable().catch(() => undefined);
  root.close();
}
