/** What every object has, and selectors. See `notation.ts` for how to read it. */
export const META_TYPES = `
package io.k8s.apimachinery.pkg.apis.meta.v1
ObjectMeta: What every object has.
  1 name string | Unique in its namespace among objects of its kind.
  2 generateName string | Beginning of a name that the server completes.
  3 namespace string | Where the object is.
  4 selfLink string
  5 uid string | Identity of this very object; another of the same name has another.
  6 resourceVersion string | Revision of the last change. Given back with an update it makes sure that nothing is overwritten.
  7 generation int64 | Counts changes of the spec.
  8 creationTimestamp Time | When it was created.
  9 deletionTimestamp *Time | When it goes: it is being deleted.
  10 deletionGracePeriodSeconds *int64
  11 labels map[string]string | Names and values to select by.
  12 annotations map[string]string | Names and values for programs and people.
  13 ownerReferences []OwnerReference ~uid #uid | Objects that it depends on: it goes when all of them are gone.
  14 finalizers []string ~ # | What must be done before it goes. Whoever has done it takes its entry off.
  17 managedFields []ManagedFieldsEntry | Who set which fields, for server-side apply.
OwnerReference @atomic
  5 apiVersion string!; 1 kind string!; 3 name string!; 4 uid string!; 6 controller *bool
  7 blockOwnerDeletion *bool
ManagedFieldsEntry
  1 manager string; 2 operation string; 3 apiVersion string; 4 time *Time; 6 fieldsType string
  7 fieldsV1 *FieldsV1; 8 subresource string
LabelSelector @atomic
  1 matchLabels map[string]string; 2 matchExpressions []LabelSelectorRequirement
LabelSelectorRequirement
  1 key string!; 2 operator string!; 3 values []string
DeleteOptions
  1 gracePeriodSeconds *int64; 2 preconditions *Preconditions; 3 orphanDependents *bool
  4 propagationPolicy *string; 5 dryRun []string; 6 ignoreStoreReadErrorWithClusterBreakingPotential *bool
Preconditions
  1 uid *string; 2 resourceVersion *string
FieldSelectorRequirement
  1 key string!; 2 operator string!; 3 values []string
`;
