/** Containers and their environment. See `notation.ts` for how to read it. */
export const CONTAINER_TYPES = `
package io.k8s.api.core.v1
Container: A program of a pod.
  1 name string! | Unique in the pod.
  2 image string | What it runs in. Not pulled where processes are run.
  3 command []string | Program and arguments. $(NAME) is replaced by a variable.
  4 args []string | Further arguments.
  5 workingDir string | Folder in which it starts.
  6 ports []ContainerPort ~containerPort #containerPort,protocol
  19 envFrom []EnvFromSource | Variables from all entries of config maps and secrets.
  7 env []EnvVar ~name #name | Variables of its environment.
  8 resources ResourceRequirements | How much it may and will need.
  23 resizePolicy []ContainerResizePolicy
  24 restartPolicy *string | Its own policy in place of the pod's.
  25 restartPolicyRules []ContainerRestartRule
  9 volumeMounts []VolumeMount ~mountPath #mountPath | Where volumes appear.
  21 volumeDevices []VolumeDevice ~devicePath #devicePath; 10 livenessProbe *Probe; 11 readinessProbe *Probe
  22 startupProbe *Probe; 12 lifecycle *Lifecycle
  13 terminationMessagePath string | File whose text becomes the message of its end.
  20 terminationMessagePolicy string | File, or FallbackToLogsOnError.
  14 imagePullPolicy string; 15 securityContext *SecurityContext; 16 stdin bool; 17 stdinOnce bool
  18 tty bool
EphemeralContainer
  1 +EphemeralContainerCommon; 2 targetContainerName string
EphemeralContainerCommon
  1 name string!; 2 image string; 3 command []string; 4 args []string; 5 workingDir string
  6 ports []ContainerPort ~containerPort #containerPort,protocol; 19 envFrom []EnvFromSource
  7 env []EnvVar ~name #name; 8 resources ResourceRequirements; 23 resizePolicy []ContainerResizePolicy
  24 restartPolicy *string; 25 restartPolicyRules []ContainerRestartRule
  9 volumeMounts []VolumeMount ~mountPath #mountPath
  21 volumeDevices []VolumeDevice ~devicePath #devicePath; 10 livenessProbe *Probe; 11 readinessProbe *Probe
  22 startupProbe *Probe; 12 lifecycle *Lifecycle; 13 terminationMessagePath string
  20 terminationMessagePolicy string; 14 imagePullPolicy string; 15 securityContext *SecurityContext
  16 stdin bool; 17 stdinOnce bool; 18 tty bool
ContainerPort
  1 name string; 2 hostPort int32; 3 containerPort int32!; 4 protocol string; 5 hostIP string
EnvVar
  1 name string!
  2 value string | Text. $(NAME) is replaced by a variable.
  3 valueFrom *EnvVarSource | Taken from elsewhere.
EnvVarSource
  1 fieldRef *ObjectFieldSelector; 2 resourceFieldRef *ResourceFieldSelector
  3 configMapKeyRef *ConfigMapKeySelector; 4 secretKeyRef *SecretKeySelector; 5 fileKeyRef *FileKeySelector
EnvFromSource
  1 prefix string; 2 configMapRef *ConfigMapEnvSource; 3 secretRef *SecretEnvSource
ConfigMapEnvSource
  1 +LocalObjectReference; 2 optional *bool
SecretEnvSource
  1 +LocalObjectReference; 2 optional *bool
ObjectFieldSelector @atomic
  1 apiVersion string; 2 fieldPath string!
ResourceFieldSelector @atomic
  1 containerName string; 2 resource string!; 3 divisor Quantity
ConfigMapKeySelector @atomic
  1 +LocalObjectReference; 2 key string!; 3 optional *bool
SecretKeySelector @atomic
  1 +LocalObjectReference; 2 key string!; 3 optional *bool
FileKeySelector @atomic
  1 volumeName string!; 2 path string!; 3 key string!; 4 optional *bool
LocalObjectReference @atomic
  1 name string
ResourceRequirements
  1 limits map[string]Quantity; 2 requests map[string]Quantity; 3 claims []ResourceClaim #name
ResourceClaim
  1 name string!; 2 request string
ContainerResizePolicy
  1 resourceName string!; 2 restartPolicy string!
ContainerRestartRule
  1 action string!; 2 exitCodes *ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes
  1 operator string!; 2 values []int32 #
VolumeMount
  1 name string!; 2 readOnly bool; 7 recursiveReadOnly *string; 3 mountPath string!; 4 subPath string
  5 mountPropagation *string; 6 subPathExpr string
VolumeDevice
  1 name string!; 2 devicePath string!
Probe
  1 +ProbeHandler; 2 initialDelaySeconds int32; 3 timeoutSeconds int32; 4 periodSeconds int32
  5 successThreshold int32; 6 failureThreshold int32; 7 terminationGracePeriodSeconds *int64
ProbeHandler
  1 exec *ExecAction; 2 httpGet *HTTPGetAction; 3 tcpSocket *TCPSocketAction; 4 grpc *GRPCAction
Lifecycle
  1 postStart *LifecycleHandler; 2 preStop *LifecycleHandler; 3 stopSignal *string
LifecycleHandler
  1 exec *ExecAction; 2 httpGet *HTTPGetAction; 3 tcpSocket *TCPSocketAction; 4 sleep *SleepAction
ExecAction
  1 command []string
HTTPGetAction
  1 path string; 2 port IntOrString!; 3 host string; 4 scheme string; 5 httpHeaders []HTTPHeader
HTTPHeader
  1 name string!; 2 value string!
TCPSocketAction
  1 port IntOrString!; 2 host string
GRPCAction
  1 port int32!; 2 service *string
SleepAction
  1 seconds int64!
SecurityContext
  1 capabilities *Capabilities; 2 privileged *bool; 3 seLinuxOptions *SELinuxOptions
  10 windowsOptions *WindowsSecurityContextOptions; 4 runAsUser *int64; 8 runAsGroup *int64
  5 runAsNonRoot *bool; 6 readOnlyRootFilesystem *bool; 7 allowPrivilegeEscalation *bool
  9 procMount *string; 11 seccompProfile *SeccompProfile; 12 appArmorProfile *AppArmorProfile
Capabilities
  1 add []string; 2 drop []string
`;
