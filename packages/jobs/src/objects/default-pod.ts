import type { Container, Pod, PodSpec, Probe, Volume } from "./pod.ts";

/** Mode of files made from config maps and secrets: 0644. */
const FILE_MODE = 0o644;

/** Fields that defaults fill in and that nothing else here looks at. */
interface Unread {
  dnsPolicy?: string;
  schedulerName?: string;
  enableServiceLinks?: boolean;
}

interface Port {
  protocol?: string;
}

interface ProbeAction {
  httpGet?: { path?: string; scheme?: string };
}

type FullContainer = Container & {
  ports?: Port[];
  livenessProbe?: Probe;
  startupProbe?: Probe;
};

function defaultProbe(probe: (Probe & ProbeAction) | undefined): void {
  if (probe === undefined) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.httpGet !== undefined) {
    probe.httpGet.path ??= "/";
    probe.httpGet.scheme ??= "HTTP";
  }
}

/** `Always` for images whose tag says that they change: `latest`, or none. */
function pullPolicy(image: string): string {
  const name = image.slice(image.lastIndexOf("/") + 1);
  if (name.includes("@")) return "IfNotPresent";
  const tag = name.split(":")[1] ?? "latest";
  return tag === "latest" ? "Always" : "IfNotPresent";
}

function defaultContainer(container: FullContainer): void {
  container.resources ??= {};
  const { limits, requests } = container.resources;
  if (limits !== undefined) container.resources.requests = { ...limits, ...requests };
  container.terminationMessagePath ??= "/dev/termination-log";
  container.terminationMessagePolicy ??= "File";
  container.imagePullPolicy ??= pullPolicy(container.image ?? "");
  for (const port of container.ports ?? []) port.protocol ??= "TCP";
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef !== undefined) valueFrom.fieldRef.apiVersion ??= "v1";
  }
  defaultProbe(container.readinessProbe);
  defaultProbe(container.livenessProbe);
  defaultProbe(container.startupProbe);
}

type FullVolume = Volume & {
  downwardAPI?: { defaultMode?: number; items?: { fieldRef?: { apiVersion?: string } }[] };
  projected?: { defaultMode?: number };
};

function defaultVolume(volume: FullVolume): void {
  const { configMap, secret, hostPath, downwardAPI, projected } = volume;
  if (configMap !== undefined) configMap.defaultMode ??= FILE_MODE;
  if (secret !== undefined) secret.defaultMode ??= FILE_MODE;
  if (hostPath !== undefined) hostPath.type ??= "";
  if (projected !== undefined) projected.defaultMode ??= FILE_MODE;
  if (downwardAPI !== undefined) {
    downwardAPI.defaultMode ??= FILE_MODE;
    for (const { fieldRef } of downwardAPI.items ?? []) {
      if (fieldRef !== undefined) fieldRef.apiVersion ??= "v1";
    }
  }
  if (Object.keys(volume).length === 1) volume.emptyDir = {};
}

/** Fills in what a pod's or a template's spec leaves out, as Kubernetes does. */
export function defaultPodSpec(spec: PodSpec & Unread): void {
  spec.restartPolicy ??= "Always";
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= "ClusterFirst";
  spec.schedulerName ??= "default-scheduler";
  spec.securityContext ??= {};
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}

function qualityOfService({ containers, initContainers = [] }: PodSpec): string {
  const all = [...containers, ...initContainers];
  const given = (each: Record<string, string> | undefined): boolean =>
    each?.["cpu"] !== undefined || each?.["memory"] !== undefined;
  if (!all.some(({ resources }) => given(resources?.limits) || given(resources?.requests))) {
    return "BestEffort";
  }
  const guaranteed = all.every(({ resources = {} }) => {
    const { limits = {}, requests = {} } = resources;
    return ["cpu", "memory"].every(
      (name) => limits[name] !== undefined && (requests[name] ?? limits[name]) === limits[name],
    );
  });
  return guaranteed ? "Guaranteed" : "Burstable";
}

/** Fills in a new pod; its status begins as pending. */
export function defaultPod(pod: Pod): void {
  const spec = (pod.spec ??= { containers: [] }) as PodSpec & Unread;
  defaultPodSpec(spec);
  spec.enableServiceLinks ??= true;
  pod.status = { phase: "Pending", qosClass: qualityOfService(spec), ...pod.status };
}
