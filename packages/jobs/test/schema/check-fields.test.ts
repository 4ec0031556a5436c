import { describe, expect, test } from "vitest";
import { checkFields } from "../../src/schema/check-fields.ts";
import { typeOf } from "../../src/schema/types.ts";

const JOB = typeOf("batch", "Job")!;

function job(spec: object): Record<string, unknown> {
  return { apiVersion: "batch/v1", kind: "Job", spec };
}

describe("checkFields", () => {
  test("leaves out what is null or unknown, and names the unknown", () => {
    const containers = [{ name: "a", imagee: "x" }];
    const given = job({ foo: 1, suspend: null, template: { spec: { containers } } });
    const { object, unknown } = checkFields(JOB, given);
    expect(unknown).toEqual(["spec.foo", "spec.template.spec.containers[0].imagee"]);
    expect(object).toEqual(job({ template: { spec: { containers: [{ name: "a" }] } } }));
  });

  test.each([
    [
      { parallelism: "x" },
      "json: cannot unmarshal string into Go struct field JobSpec.spec.parallelism of type int32",
    ],
    [
      { parallelism: 1.5 },
      "cannot unmarshal number 1.5 into Go struct field JobSpec.spec.parallelism of type int32",
    ],
    [{ parallelism: 3e9 }, "cannot unmarshal number 3000000000"],
    [
      { suspend: "true" },
      "cannot unmarshal string into Go struct field JobSpec.spec.suspend of type bool",
    ],
    [
      { template: [] },
      "cannot unmarshal array into Go struct field JobSpec.spec.template of type v1.PodTemplateSpec",
    ],
    [
      { template: { spec: { containers: {} } } },
      "cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
    ],
    [
      { template: { spec: { containers: [{ resources: { limits: { cpu: "one" } } }] } } },
      "quantities must match the regular expression",
    ],
  ])("refuses %j", (spec, message) => {
    expect(() => checkFields(JOB, job(spec))).toThrow(message);
  });

  test("takes quantities as numbers, as YAML has them", () => {
    const containers = [{ resources: { limits: { cpu: 2, memory: "1Gi" } } }];
    const { object } = checkFields(JOB, job({ template: { spec: { containers } } }));
    expect(object).toHaveProperty("spec.template.spec.containers[0].resources.limits", {
      cpu: "2",
      memory: "1Gi",
    });
  });
});
