/** The rest of core, events and leases. See `notation.ts` for how to read it. */
export const CORE_TYPES = `
package io.k8s.api.coordination.v1
Lease: Who holds something, and until when.
  1 metadata ObjectMeta; 2 spec LeaseSpec
LeaseSpec
  1 holderIdentity *string; 2 leaseDurationSeconds *int32; 3 acquireTime *MicroTime; 4 renewTime *MicroTime
  5 leaseTransitions *int32; 6 strategy *string; 7 preferredHolder *string
package io.k8s.api.core.v1
ConfigMap: Settings as texts by name.
  1 metadata ObjectMeta; 4 immutable *bool; 2 data map[string]string; 3 binaryData map[string]bytes
Secret: Texts by name that not everybody may see.
  1 metadata ObjectMeta; 5 immutable *bool; 2 data map[string]bytes; 4 stringData map[string]string
  3 type string
Event: Something that happened to an object.
  1 metadata ObjectMeta!; 2 involvedObject ObjectReference!; 3 reason string; 4 message string
  5 source EventSource; 6 firstTimestamp Time; 7 lastTimestamp Time; 8 count int32; 9 type string
  10 eventTime MicroTime; 11 series *EventSeries; 12 action string; 13 related *ObjectReference
  14 reportingComponent string; 15 reportingInstance string
Namespace: A room for names.
  1 metadata ObjectMeta; 2 spec NamespaceSpec; 3 status NamespaceStatus
Node: A worker that runs pods.
  1 metadata ObjectMeta; 2 spec NodeSpec; 3 status NodeStatus
ServiceAccount: An identity for programs.
  1 metadata ObjectMeta; 2 secrets []ObjectReference ~name #name; 3 imagePullSecrets []LocalObjectReference
  4 automountServiceAccountToken *bool
ObjectReference @atomic
  1 kind string; 2 namespace string; 3 name string; 4 uid string; 5 apiVersion string
  6 resourceVersion string; 7 fieldPath string
EventSource
  1 component string; 2 host string
EventSeries
  1 count int32; 2 lastObservedTime MicroTime
NamespaceSpec
  1 finalizers []string
NamespaceStatus
  1 phase string; 2 conditions []NamespaceCondition ~type #type
NodeSpec
  1 podCIDR string; 7 podCIDRs []string ~ #; 3 providerID string; 4 unschedulable bool; 5 taints []Taint
  6 configSource *NodeConfigSource; 2 externalID string
NodeStatus
  1 capacity map[string]Quantity; 2 allocatable map[string]Quantity; 3 phase string
  4 conditions []NodeCondition ~type #type; 5 addresses []NodeAddress ~type #type
  6 daemonEndpoints NodeDaemonEndpoints; 7 nodeInfo NodeSystemInfo; 8 images []ContainerImage
  9 volumesInUse []string; 10 volumesAttached []AttachedVolume; 11 config *NodeConfigStatus
  12 runtimeHandlers []NodeRuntimeHandler; 13 features *NodeFeatures; 14 declaredFeatures []string
NamespaceCondition
  1 type string!; 2 status string!; 4 lastTransitionTime Time; 5 reason string; 6 message string
Taint
  1 key string!; 2 value string; 3 effect string!; 4 timeAdded *Time
NodeConfigSource
  2 configMap *ConfigMapNodeConfigSource
NodeCondition
  1 type string!; 2 status string!; 3 lastHeartbeatTime Time; 4 lastTransitionTime Time; 5 reason string
  6 message string
NodeAddress
  1 type string!; 2 address string!
NodeDaemonEndpoints
  1 kubeletEndpoint DaemonEndpoint
NodeSystemInfo
  1 machineID string!; 2 systemUUID string!; 3 bootID string!; 4 kernelVersion string!; 5 osImage string!
  6 containerRuntimeVersion string!; 7 kubeletVersion string!; 8 kubeProxyVersion string!
  9 operatingSystem string!; 10 architecture string!; 11 swap *NodeSwapStatus
ContainerImage
  1 names []string; 2 sizeBytes int64
AttachedVolume
  1 name string!; 2 devicePath string!
NodeConfigStatus
  1 assigned *NodeConfigSource; 2 active *NodeConfigSource; 3 lastKnownGood *NodeConfigSource
  4 error string
NodeRuntimeHandler
  1 name string; 2 features *NodeRuntimeHandlerFeatures
NodeFeatures
  1 supplementalGroupsPolicy *bool
ConfigMapNodeConfigSource
  1 namespace string!; 2 name string!; 3 uid string; 4 resourceVersion string; 5 kubeletConfigKey string!
DaemonEndpoint
  1 Port int32!
NodeSwapStatus
  1 capacity *int64
NodeRuntimeHandlerFeatures
  1 recursiveReadOnlyMounts *bool; 2 userNamespaces *bool
package io.k8s.api.events.v1
Event: Something that happened to an object.
  1 metadata ObjectMeta; 2 eventTime MicroTime!; 3 series *EventSeries; 4 reportingController string
  5 reportingInstance string; 6 action string; 7 reason string; 8 regarding ObjectReference
  9 related *ObjectReference; 10 note string; 11 type string; 12 deprecatedSource EventSource
  13 deprecatedFirstTimestamp Time; 14 deprecatedLastTimestamp Time; 15 deprecatedCount int32
EventSeries
  1 count int32!; 2 lastObservedTime MicroTime!
`;
