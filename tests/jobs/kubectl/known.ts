/** Commands whose output differs on purpose. */
interface Known {
  readonly scenario: string;
  /** Parts of the commands. */
  readonly commands: readonly string[];
  readonly why: string;
}

const KNOWN: readonly Known[] = [
  {
    scenario: "apply-server-side",
    commands: ["show-managed-fields | sed -n '/managedFields/,/],/p' | grep manager"],
    why: "owners are sorted by the second of their last change, which differs from run to run",
  },
  {
    scenario: "basics",
    commands: ["get all"],
    why: "a cluster has the service of its own API",
  },
  {
    scenario: "change",
    commands: ['"op":"test"'],
    why: "Kubernetes does not tell which test of a JSON patch has failed",
  },
  {
    scenario: "create",
    commands: ["get secrets,configmaps"],
    why: "kube-root-ca.crt comes with the namespace; in Kubernetes a controller makes it later",
  },
  {
    scenario: "create",
    commands: ["batch/v1beta1", "batch/v2alpha1", "get cronjobs"],
    why: "CronJobs are served in their old versions as well",
  },
  {
    scenario: "discover",
    commands: ["kubectl version", "api-versions", "api-resources --verbs", "slot.status", "whoami"],
    why: "another version, fewer groups, one of its own, and no users without tokens",
  },
  {
    scenario: "discover",
    commands: ["kubectl explain job", "kubectl explain cronjob"],
    why: "fields are explained in words of our own",
  },
  {
    scenario: "follow",
    commands: ["kubectl logs", "kubectl debug", "events.events.k8s.io"],
    why: "here Kubernetes runs without kubelet and scheduler; ephemeral containers are not built",
  },
  {
    scenario: "get",
    commands: ["get all", "--raw /apis/batch"],
    why: "a cluster has the service of its own API; old versions of CronJobs",
  },
  {
    scenario: "invalid",
    commands: ["--data '{'", '\'{"kind":"Job"}\'', "%3D%3D%3D"],
    why: "what parsers say has words of their own",
  },
  {
    scenario: "invalid",
    commands: ["text/plain", "application/yaml"],
    why: "YAML is neither taken nor given: kubectl translates it",
  },
  {
    scenario: "invalid",
    commands: ["nodes/here"],
    why: "workers make nodes; clients only read them",
  },
];

export function knownReason(scenario: string, command: string): string | undefined {
  return KNOWN.find(
    (known) => known.scenario === scenario && known.commands.some((part) => command.includes(part)),
  )?.why;
}
