/** What is known of a pod. See `notation.ts` for how to read it. */
export const POD_STATUS_TYPES = `
package io.k8s.api.core.v1
PodStatus
  17 observedGeneration int64; 1 phase string; 2 conditions []PodCondition ~type #type; 3 message string
  4 reason string; 11 nominatedNodeName string; 5 hostIP string; 16 hostIPs []HostIP ~ip; 6 podIP string
  12 podIPs []PodIP ~ip #ip; 7 startTime *Time; 10 initContainerStatuses []ContainerStatus
  8 containerStatuses []ContainerStatus; 9 qosClass string; 13 ephemeralContainerStatuses []ContainerStatus
  14 resize string; 15 resourceClaimStatuses []PodResourceClaimStatus ~~name #name
  18 extendedResourceClaimStatus *PodExtendedResourceClaimStatus; 19 allocatedResources map[string]Quantity
  20 resources *ResourceRequirements
  21 nodeAllocatableResourceClaimStatuses []NodeAllocatableResourceClaimStatus
PodCondition
  1 type string!; 7 observedGeneration int64; 2 status string!; 3 lastProbeTime Time
  4 lastTransitionTime Time; 5 reason string; 6 message string
HostIP
  1 ip string!
PodIP
  1 ip string!
ContainerStatus
  1 name string!; 2 state ContainerState; 3 lastState ContainerState; 4 ready bool!; 5 restartCount int32!
  6 image string!; 7 imageID string!; 8 containerID string; 9 started *bool
  10 allocatedResources map[string]Quantity; 11 resources *ResourceRequirements
  12 volumeMounts []VolumeMountStatus ~mountPath #mountPath; 13 user *ContainerUser
  14 allocatedResourcesStatus []ResourceStatus ~name #name; 15 stopSignal *string
ContainerState
  1 waiting *ContainerStateWaiting; 2 running *ContainerStateRunning; 3 terminated *ContainerStateTerminated
ContainerStateWaiting
  1 reason string; 2 message string
ContainerStateRunning
  1 startedAt Time
ContainerStateTerminated
  1 exitCode int32!; 2 signal int32; 3 reason string; 4 message string; 5 startedAt Time; 6 finishedAt Time
  7 containerID string
VolumeMountStatus
  1 name string!; 2 mountPath string!; 3 readOnly bool; 4 recursiveReadOnly *string
  5 volumeStatus *VolumeStatus
ContainerUser
  1 linux *LinuxContainerUser
LinuxContainerUser
  1 uid int64!; 2 gid int64!; 3 supplementalGroups []int64
ResourceStatus
  1 name string!; 2 resources []ResourceHealth #resourceID
ResourceHealth
  1 resourceID string!; 2 health string; 6 message *string
PodResourceClaimStatus
  1 name string!; 2 resourceClaimName *string
PodExtendedResourceClaimStatus
  1 requestMappings []ContainerExtendedResourceRequest!; 2 resourceClaimName string!
NodeAllocatableResourceClaimStatus
  1 resourceClaimName string!; 2 containers []string #; 3 resources map[string]Quantity!
ContainerExtendedResourceRequest
  1 containerName string!; 2 resourceName string!; 3 requestName string!
VolumeStatus
  1 image *ImageVolumeStatus
ImageVolumeStatus
  1 imageRef string!
`;
