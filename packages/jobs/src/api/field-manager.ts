import type { Change } from "../apply/server-side-apply.ts";
import { ApiError } from "../errors.ts";
import { FIELD_MANAGER_MAX } from "../limits.ts";
import { timeText } from "../objects/meta.ts";
import { typeOf } from "../schema/types.ts";
import type { Call } from "./call.ts";
import { apiVersionOf } from "./served.ts";

function invalidManager(detail: string): ApiError {
  return new ApiError(
    "Invalid",
    `PatchOptions.meta.k8s.io "" is invalid: fieldManager: ${detail}`,
    { details: { group: "meta.k8s.io", kind: "PatchOptions" } },
  );
}

/** Who changes fields by this request: what it says, or the name of the program. */
function managerName({ request }: Call, operation: "Apply" | "Update"): string {
  const given = request.query.get("fieldManager") ?? "";
  if (given.length > FIELD_MANAGER_MAX) {
    throw invalidManager(`Too long: may not be more than ${FIELD_MANAGER_MAX} bytes`);
  }
  if (given !== "") return given;
  if (operation === "Apply") throw invalidManager("Required value: is required for apply patch");
  const program = (request.header("user-agent") ?? "").split("/")[0] ?? "";
  return (program === "" ? "unknown" : program).slice(0, FIELD_MANAGER_MAX);
}

/** How this request changes fields; nothing for kinds whose fields nobody owns. */
export function changeOf(call: Call, operation: "Apply" | "Update"): Change | undefined {
  const { served, subresource } = call.target;
  const type = typeOf(served.group, served.resource.kind);
  // Events come in numbers and nobody shares one.
  if (type === undefined || served.resource.plural === "events") return undefined;
  const hasStatus = served.subresources.some(({ name }) => name === "status");
  const status = subresource?.name === "status";
  const untouched = [...type.json.keys()].filter((name) =>
    status ? name !== "status" && name !== "metadata" : hasStatus && name === "status",
  );
  return {
    type,
    manager: {
      name: managerName(call, operation),
      operation,
      apiVersion: apiVersionOf(served),
      subresource: status ? "status" : "",
    },
    time: timeText(call.api.runtime.clock.wallTime()),
    untouched,
  };
}
