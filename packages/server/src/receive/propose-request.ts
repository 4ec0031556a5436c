import type { MemberContext } from "../member-context.ts";
import { CallWaiter } from "../propose/waiters.ts";
import type { RequestField } from "../wire/entry-codec.ts";
import { PENDING, type UnaryHandler } from "./handler.ts";

/**
 * A method that is a request of the log and nothing else: checked, proposed by its own bytes, and answered
 * when it is applied.
 *
 * @param check raises what the request is refused with
 */
export function proposing<Request>(
  { proposer }: MemberContext,
  field: RequestField,
  check: (request: Request) => void = () => undefined,
): UnaryHandler<Request, never> {
  return (request, call) => {
    check(request);
    proposer.propose(field, call.bytes, call.caller, new CallWaiter(call));
    return PENDING;
  };
}
