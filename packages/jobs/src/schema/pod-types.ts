/** Pods, and where they may run. See `notation.ts` for how to read it. */
export const POD_TYPES = `
package io.k8s.api.core.v1
Pod: Programs that run together on one node.
  1 metadata ObjectMeta; 2 spec PodSpec; 3 status PodStatus
PodSpec: Programs, and how they run.
  1 volumes []Volume ~~name #name | Folders that containers mount.
  20 initContainers []Container ~name #name | Programs that run before, one after the other.
  2 containers []Container! ~name #name | Programs that run beside each other.
  34 ephemeralContainers []EphemeralContainer ~name #name
  3 restartPolicy string | Always, OnFailure or Never. Jobs take the last two.
  4 terminationGracePeriodSeconds *int64 | Seconds between asking a program to end and ending it. Default 30.
  5 activeDeadlineSeconds *int64 | Seconds after its start that the pod is stopped and fails.
  6 dnsPolicy string
  7 nodeSelector map[string]string @atomic | Labels that the node must have.
  8 serviceAccountName string; 9 serviceAccount string; 21 automountServiceAccountToken *bool
  10 nodeName string | The node on which it runs.
  11 hostNetwork bool; 12 hostPID bool; 13 hostIPC bool; 27 shareProcessNamespace *bool
  14 securityContext *PodSecurityContext; 15 imagePullSecrets []LocalObjectReference ~name #name
  16 hostname string | Name of the machine as the programs see it.
  17 subdomain string; 18 affinity *Affinity; 19 schedulerName string; 22 tolerations []Toleration
  23 hostAliases []HostAlias ~ip #ip; 24 priorityClassName string; 25 priority *int32
  26 dnsConfig *PodDNSConfig; 28 readinessGates []PodReadinessGate
  29 runtimeClassName *string | What runs the containers.
  30 enableServiceLinks *bool; 31 preemptionPolicy *string; 32 overhead map[string]Quantity
  33 topologySpreadConstraints []TopologySpreadConstraint ~topologyKey #topologyKey,whenUnsatisfiable
  35 setHostnameAsFQDN *bool; 36 os *PodOS; 37 hostUsers *bool
  38 schedulingGates []PodSchedulingGate ~name #name; 39 resourceClaims []PodResourceClaim ~~name #name
  40 resources *ResourceRequirements; 41 hostnameOverride *string; 43 schedulingGroup *PodSchedulingGroup
PodTemplateSpec: Labels, annotations and spec of pods to be made.
  1 metadata ObjectMeta; 2 spec PodSpec
PodSecurityContext
  1 seLinuxOptions *SELinuxOptions; 8 windowsOptions *WindowsSecurityContextOptions; 2 runAsUser *int64
  6 runAsGroup *int64; 3 runAsNonRoot *bool; 4 supplementalGroups []int64
  12 supplementalGroupsPolicy *string; 5 fsGroup *int64; 7 sysctls []Sysctl; 9 fsGroupChangePolicy *string
  10 seccompProfile *SeccompProfile; 11 appArmorProfile *AppArmorProfile; 13 seLinuxChangePolicy *string
HostAlias
  1 ip string!; 2 hostnames []string
PodDNSConfig
  1 nameservers []string; 2 searches []string; 3 options []PodDNSConfigOption
PodDNSConfigOption
  1 name string; 2 value *string
PodReadinessGate
  1 conditionType string!
PodOS
  1 name string!
PodSchedulingGate
  1 name string!
PodResourceClaim
  1 name string!; 3 resourceClaimName *string; 4 resourceClaimTemplateName *string
PodSchedulingGroup
  1 podGroupName *string
Sysctl
  1 name string!; 2 value string!
SELinuxOptions
  1 user string; 2 role string; 3 type string; 4 level string
SeccompProfile
  1 type string!; 2 localhostProfile *string
AppArmorProfile
  1 type string!; 2 localhostProfile *string
WindowsSecurityContextOptions
  1 gmsaCredentialSpecName *string; 2 gmsaCredentialSpec *string; 3 runAsUserName *string
  4 hostProcess *bool
Affinity
  1 nodeAffinity *NodeAffinity; 2 podAffinity *PodAffinity; 3 podAntiAffinity *PodAntiAffinity
Toleration
  1 key string; 2 operator string; 3 value string; 4 effect string; 5 tolerationSeconds *int64
TopologySpreadConstraint
  1 maxSkew int32!; 2 topologyKey string!; 3 whenUnsatisfiable string!; 4 labelSelector *LabelSelector
  5 minDomains *int32; 6 nodeAffinityPolicy *string; 7 nodeTaintsPolicy *string; 8 matchLabelKeys []string
NodeAffinity
  1 requiredDuringSchedulingIgnoredDuringExecution *NodeSelector
  2 preferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm
PodAffinity
  1 requiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm
  2 preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm
PodAntiAffinity
  1 requiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm
  2 preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm
NodeSelector @atomic
  1 nodeSelectorTerms []NodeSelectorTerm!
NodeSelectorTerm @atomic
  1 matchExpressions []NodeSelectorRequirement; 2 matchFields []NodeSelectorRequirement
NodeSelectorRequirement
  1 key string!; 2 operator string!; 3 values []string
PreferredSchedulingTerm
  1 weight int32!; 2 preference NodeSelectorTerm!
PodAffinityTerm
  1 labelSelector *LabelSelector; 2 namespaces []string; 3 topologyKey string!
  4 namespaceSelector *LabelSelector; 5 matchLabelKeys []string; 6 mismatchLabelKeys []string
WeightedPodAffinityTerm
  1 weight int32!; 2 podAffinityTerm PodAffinityTerm!
`;
