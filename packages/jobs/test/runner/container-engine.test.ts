import { describe, expect, it } from "vitest";
import type { Container, Pod } from "../../src/objects/pod.ts";
import { engineOf, engineRequest } from "../../src/runner/process/container-engine.ts";

const PODMAN = { name: "podman", path: "/usr/bin/podman" };

function pod(runtimeClassName?: string): Pod {
  const spec = { containers: [], ...(runtimeClassName === undefined ? {} : { runtimeClassName }) };
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "pod" }, spec } as Pod;
}

function request(container: Partial<Container>, environment: Record<string, string> = {}) {
  const whole = { name: "main", image: "busybox", ...container };
  return engineRequest(PODMAN, { name: "n", container: whole, environment, binds: [], user: "" });
}

describe("engineOf", () => {
  it("is what the pod's runtimeClassName says, else the worker's", () => {
    expect(engineOf(pod(), "process")).toBeUndefined();
    expect(engineOf(pod("process"), "podman")).toBeUndefined();
    expect(() => engineOf(pod("gvisor"), "process")).toThrow("none of process, docker, podman");
  });
});

describe("engineRequest", () => {
  it("makes the command the entrypoint, and its other words and the args the image's", () => {
    const { command } = request({ command: ["sh", "-c"], args: ["echo $(X)"] }, { X: "1" });
    const at = command.indexOf("--entrypoint");
    expect(command.slice(at)).toEqual(["--entrypoint", "sh", "--", "busybox", "-c", "echo 1"]);
    expect(request({ args: ["a"] }).command.slice(-2)).toEqual(["busybox", "a"]);
  });

  it("hands values over where nobody sees them, and never to the engine itself", () => {
    const variables = { LDAP_PASSWORD: "secret", PATH: "/own", DOCKER_HOST: "tcp://elsewhere" };
    const { command, environment } = request({}, variables);
    expect(command.join(" ")).toContain("--env LDAP_PASSWORD ");
    expect(command).toContain("PATH=/own");
    expect(command).toContain("DOCKER_HOST=tcp://elsewhere");
    expect(environment).toMatchObject({ LDAP_PASSWORD: "secret", PATH: process.env["PATH"] });
    expect(environment["DOCKER_HOST"]).toBe(process.env["DOCKER_HOST"]);
  });

  it("keeps limits, users, folders, volumes and the pull policy", () => {
    const container = {
      name: "main",
      image: "busybox",
      workingDir: "/work",
      imagePullPolicy: "IfNotPresent",
      resources: { limits: { memory: "64Mi", cpu: "500m" } },
    };
    const binds = [{ source: "/host", target: "/data", readOnly: true }];
    const run = { name: "n", container, environment: {}, binds, user: "1:2" };
    expect(engineRequest(PODMAN, run).command.slice(3).join(" ")).toBe(
      "/usr/bin/podman run --network host --name n --pull missing --volume /host:/data:ro " +
        "--user 1:2 --workdir /work --memory 67108864 --cpus 0.5 -- busybox",
    );
  });

  it("refuses a volume whose path would be read as two", () => {
    const binds = [{ source: "/host:/etc", target: "/data", readOnly: false }];
    const container = { name: "main", image: "busybox" };
    const run = { name: "n", container, environment: {}, binds, user: "" };
    expect(() => engineRequest(PODMAN, run)).toThrow("there is a colon in it");
  });

  it("takes an image for an image, though it looks like an option", () => {
    expect(request({ image: "--privileged" }).command.slice(-2)).toEqual(["--", "--privileged"]);
  });

  it("refuses a container without an image", () => {
    expect(() => request({ image: "" })).toThrow("the container has no image");
  });
});
