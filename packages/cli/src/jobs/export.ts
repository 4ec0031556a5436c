import { portable, type KubeObject } from "@nodetcd/jobs";
import { stringify } from "yaml";
import { CommandLine } from "../client-flags.ts";
import { tell } from "./access.ts";
import { ApiReader } from "./read-api.ts";

export const EXPORT_USAGE = `Usage:

  nodetcd jobs export [flags] >jobs.yaml
    What a running 'nodetcd jobs' holds, as YAML that any Kubernetes takes: namespaces, service accounts,
    config maps, secrets, CronJobs, and Jobs that have not ended. What would be otherwise there is said.
    kubectl apply --dry-run=server -f jobs.yaml tries it.

  --server 'http://127.0.0.1:8080'
    The API of 'nodetcd jobs'.
  --namespace ''
    Only this one. Default: all but those that every cluster has of its own.
  --token '', --certificate-authority '', --client-certificate '', --client-key ''
    As kubectl has them.
`;

const OPTIONS = {
  server: { type: "string", default: "http://127.0.0.1:8080" },
  namespace: { type: "string", short: "n", default: "" },
  token: { type: "string", default: "" },
  "certificate-authority": { type: "string", default: "" },
  "client-certificate": { type: "string", default: "" },
  "client-key": { type: "string", default: "" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const LINE = new CommandLine("jobs export");

/** In the order in which they need each other. */
const KINDS = [
  ["api/v1", "namespaces"],
  ["api/v1", "serviceaccounts"],
  ["api/v1", "configmaps"],
  ["api/v1", "secrets"],
  ["apis/batch/v1", "cronjobs"],
  ["apis/batch/v1", "jobs"],
] as const;

/** Every cluster makes these itself. */
const OF_CLUSTERS = ["kube-node-lease", "kube-public", "kube-system"];

function isWanted({ kind, metadata }: KubeObject, namespace: string): boolean {
  const { name, namespace: own = "" } = metadata;
  const space = kind === "Namespace" ? name : own;
  if (kind === "Namespace" && name === "default") return false;
  if (kind === "ServiceAccount" && name === "default") return false;
  if (kind === "ConfigMap" && name === "kube-root-ca.crt") return false;
  return namespace === "" ? !OF_CLUSTERS.includes(space) : space === namespace;
}

async function read(api: ApiReader, namespace: string): Promise<KubeObject[]> {
  const objects: KubeObject[] = [];
  for (const [group, plural] of KINDS) {
    const isNamespace = plural === "namespaces";
    const within = namespace === "" || isNamespace ? "" : `namespaces/${namespace}/`;
    const path = `/${group}/${within}${plural}`;
    // Who may only see a namespace may not list all of them; the one that was asked for is enough then.
    if (isNamespace && namespace !== "") {
      objects.push({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    } else objects.push(...(await api.list(path)));
  }
  return objects.filter((object) => isWanted(object, namespace));
}

function print(objects: readonly KubeObject[]): void {
  for (const each of objects) {
    const found = portable(each);
    if (found === undefined) continue;
    const { kind, metadata } = each;
    for (const remark of found.remarks)
      tell(`${kind} ${metadata.namespace}/${metadata.name}: ${remark}`);
    process.stdout.write(`---\n${stringify(found.object, { version: "1.1", lineWidth: 0 })}`);
  }
}

/** `nodetcd jobs export`. Raises `CliError`. */
export async function exportJobs(args: readonly string[]): Promise<number> {
  const values = LINE.parse(args, OPTIONS);
  if (values.help) {
    process.stdout.write(EXPORT_USAGE);
    return 0;
  }
  const api = new ApiReader({
    server: values.server,
    token: values.token,
    caFile: values["certificate-authority"],
    certFile: values["client-certificate"],
    keyFile: values["client-key"],
  });
  print(await read(api, values.namespace));
  return 0;
}
