/** Jobs and CronJobs. See `notation.ts` for how to read it. */
export const BATCH_TYPES = `
package io.k8s.api.batch.v1
Job: Runs pods until enough of them have succeeded.
  1 metadata ObjectMeta; 2 spec JobSpec; 3 status JobStatus
CronJob: Starts a Job at every moment of a schedule.
  1 metadata ObjectMeta; 2 spec CronJobSpec!; 3 status CronJobStatus
JobSpec: What a Job runs, how often, and when it gives up.
  1 parallelism *int32 | How many pods may run at the same time. 0 pauses the Job. Default 1.
  2 completions *int32 | How many pods must succeed. Without it any success ends the Job once all pods have ended. Default 1 when parallelism is not given either.
  3 activeDeadlineSeconds *int64 | Seconds from the start after which the Job fails with DeadlineExceeded and its pods are stopped.
  11 podFailurePolicy *PodFailurePolicy | Which failures end the Job at once and which do not count. Only with restartPolicy Never.
  16 successPolicy *SuccessPolicy | When a Job counts as succeeded before all indexes have. Only with completionMode Indexed.
  7 backoffLimit *int32 | How many pods may fail before the Job does. Default 6.
  12 backoffLimitPerIndex *int32 | How many pods of one index may fail before the index does. Only with completionMode Indexed and restartPolicy Never.
  13 maxFailedIndexes *int32 | How many indexes may fail before the Job does. Only with backoffLimitPerIndex.
  4 selector *LabelSelector | Labels of the pods that belong to the Job. Made by the server.
  5 manualSelector *bool | True: selector is the one that was given. Not supported for Jobs of CronJobs.
  6 template PodTemplateSpec! | The pod that is run. Its restartPolicy is Never or OnFailure.
  8 ttlSecondsAfterFinished *int32 | Seconds after its end that the Job is kept; then it is deleted with its pods. Without it it stays.
  9 completionMode *string | NonIndexed: pods are alike. Indexed: each has a number from 0 to completions - 1, in JOB_COMPLETION_INDEX. Default NonIndexed.
  10 suspend *bool | True: no pods are started, and those that run are stopped. Default false.
  14 podReplacementPolicy *string | When a pod that is being stopped is replaced: TerminatingOrFailed at once, Failed when it has ended.
  15 managedBy *string | Who runs the Job. Anything but kubernetes.io/job-controller leaves it to somebody else.
JobStatus: How far a Job is.
  1 conditions []JobCondition ~type | Complete, Failed, Suspended, and what leads to them.
  2 startTime *Time | When it began; again after each suspension.
  3 completionTime *Time | When it succeeded.
  4 active int32 | Pods that are pending or running.
  5 succeeded int32 | Pods that ended well.
  6 failed int32 | Pods that ended badly.
  11 terminating *int32 | Pods that are being stopped.
  7 completedIndexes string | Indexes that succeeded, as 1,3-5,7.
  10 failedIndexes *string | Indexes that failed, as 1,3-5,7.
  8 uncountedTerminatedPods *UncountedTerminatedPods | Pods that ended and are not in the counts yet.
  9 ready *int32 | Pods that are ready.
CronJobSpec: When Jobs are started, and what they are.
  1 schedule string! | Five fields as of cron: minute, hour, day of the month, month, day of the week. Or @daily and its like.
  8 timeZone *string | Whose clock the schedule means, as Europe/Vienna. Default: that of the controllers.
  2 startingDeadlineSeconds *int64 | A Job that could not be started this long after its moment is not started any more.
  3 concurrencyPolicy string | When the Job before still runs: Allow starts the next beside it, Forbid does not, Replace stops the old one. Default Allow.
  4 suspend *bool | True: no Jobs are started. Default false.
  5 jobTemplate JobTemplateSpec! | The Job that is started.
  6 successfulJobsHistoryLimit *int32 | How many Jobs that succeeded are kept. Default 3.
  7 failedJobsHistoryLimit *int32 | How many Jobs that failed are kept. Default 1.
CronJobStatus: What a CronJob has started.
  1 active []ObjectReference | Jobs that run now.
  4 lastScheduleTime *Time | The moment of the schedule for which a Job was started last.
  5 lastSuccessfulTime *Time | When one of its Jobs last succeeded.
PodFailurePolicy: Rules for the failures of pods.
  1 rules []PodFailurePolicyRule! | Looked at in order; the first that matches decides. At most 20.
SuccessPolicy: Rules for an early success.
  1 rules []SuccessPolicyRule! | The first that holds makes the Job succeed. At most 20.
JobCondition
  1 type string!; 2 status string!; 3 lastProbeTime Time; 4 lastTransitionTime Time; 5 reason string
  6 message string
UncountedTerminatedPods
  1 succeeded []string #; 2 failed []string #
JobTemplateSpec: Labels, annotations and spec of Jobs to be made.
  1 metadata ObjectMeta; 2 spec JobSpec
PodFailurePolicyRule: What a failure means. Either onExitCodes or onPodConditions.
  1 action string! | FailJob, FailIndex, Ignore (does not count) or Count.
  2 onExitCodes *PodFailurePolicyOnExitCodesRequirement | Matches by exit code.
  3 onPodConditions []PodFailurePolicyOnPodConditionsPattern | Matches by a condition of the pod.
SuccessPolicyRule
  1 succeededIndexes *string | Indexes that must have succeeded, as 0,2-4.
  2 succeededCount *int32 | How many must have succeeded, of succeededIndexes or of all.
PodFailurePolicyOnExitCodesRequirement
  1 containerName *string; 2 operator string!; 3 values []int32! #
PodFailurePolicyOnPodConditionsPattern
  1 type string!; 2 status string
`;
