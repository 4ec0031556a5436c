import { describe, expect, test } from "vitest";
import { decodeProtobuf, openEnvelope } from "../../src/schema/decode-protobuf.ts";
import { TYPES, typeOf } from "../../src/schema/types.ts";
import { writeEnvelope } from "./write-protobuf.ts";

const JOB = typeOf("batch", "Job")!;

const job = {
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "a", labels: { x: "1", y: "" }, creationTimestamp: "2026-11-30T10:00:00Z" },
  spec: {
    backoffLimit: 0,
    suspend: false,
    activeDeadlineSeconds: 5_000_000_000,
    template: {
      spec: {
        containers: [
          {
            name: "main",
            command: ["sh", "-c", ""],
            env: [
              { name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k", optional: false } } },
            ],
            resources: { limits: { cpu: "100m" } },
            readinessProbe: { httpGet: { port: "web" }, periodSeconds: 3 },
            livenessProbe: { tcpSocket: { port: -1 } },
          },
        ],
        volumes: [{ name: "data", emptyDir: {} }],
      },
    },
  },
};

describe("decodeProtobuf", () => {
  test("gives the JSON that was written", () => {
    const { apiVersion, kind, raw } = openEnvelope(writeEnvelope(JOB, job));
    expect({ apiVersion, kind, ...decodeProtobuf(JOB, raw) }).toEqual(job);
  });

  test("leaves out what is empty only because it is always written", () => {
    const written = {
      ...job,
      metadata: { name: "a", generateName: "", generation: 0 },
      spec: {
        template: { spec: { containers: [{ name: "m", image: "", tty: false, resources: {} }] } },
      },
      status: {},
    };
    const { raw } = openEnvelope(writeEnvelope(JOB, written));
    expect(decodeProtobuf(JOB, raw)).toEqual({
      metadata: { name: "a" },
      spec: { template: { spec: { containers: [{ name: "m" }] } } },
    });
  });

  test("refuses bytes that end too soon, at every length", () => {
    const { raw } = openEnvelope(writeEnvelope(JOB, job));
    let refused = 0;
    for (let length = 0; length < raw.length; length++) {
      try {
        decodeProtobuf(JOB, raw.subarray(0, length));
      } catch (error) {
        expect(error).toMatchObject({ reason: "BadRequest" });
        refused++;
      }
    }
    // Where it ends between two fields of the outermost message it is whole.
    expect(refused).toBeGreaterThan(raw.length - 4);
  });

  test("refuses what is no envelope", () => {
    expect(() => openEnvelope(new Uint8Array([1, 2, 3, 4]))).toThrow(
      "expected prefix [107 56 115 0]",
    );
  });
});

test("no type has two fields of one number or name", () => {
  for (const { id, fields, json } of TYPES.values()) {
    expect(new Set(fields.map(({ number }) => number)).size, id).toBe(fields.length);
    expect(json.size, id).toBeGreaterThanOrEqual(fields.length);
  }
});
