import { applyAuthenticate, AUTH_OPERATIONS, type AuthOperations } from "@nodetcd/auth";
import {
  AuthenticateResponse,
  AuthDisableResponse,
  AuthEnableResponse,
  AuthRoleAddResponse,
  AuthRoleDeleteResponse,
  AuthRoleGetResponse,
  AuthRoleGrantPermissionResponse,
  AuthRoleListResponse,
  AuthRoleRevokePermissionResponse,
  AuthStatusResponse,
  AuthUserAddResponse,
  AuthUserChangePasswordResponse,
  AuthUserDeleteResponse,
  AuthUserGetResponse,
  AuthUserGrantRoleResponse,
  AuthUserListResponse,
  AuthUserRevokeRoleResponse,
  type InternalRaftRequest,
  type MessageCodec,
} from "@nodetcd/messages";
import type { AppliedIndex } from "../state/applied-index.ts";
import type { ApplyContext, State } from "./applier.ts";

/** Fields of `InternalRaftRequest` with requests of the Auth service. */
export type AuthField = keyof AuthOperations;

type ResponseCodecs = {
  readonly [Field in AuthField]: MessageCodec<
    ReturnType<AuthOperations[Field]> & { header: AuthStatusResponse["header"] }
  >;
};

const RESPONSES: ResponseCodecs = {
  authEnable: AuthEnableResponse,
  authDisable: AuthDisableResponse,
  authStatus: AuthStatusResponse,
  authUserAdd: AuthUserAddResponse,
  authUserDelete: AuthUserDeleteResponse,
  authUserGet: AuthUserGetResponse,
  authUserChangePassword: AuthUserChangePasswordResponse,
  authUserGrantRole: AuthUserGrantRoleResponse,
  authUserRevokeRole: AuthUserRevokeRoleResponse,
  authUserList: AuthUserListResponse,
  authRoleAdd: AuthRoleAddResponse,
  authRoleDelete: AuthRoleDeleteResponse,
  authRoleGet: AuthRoleGetResponse,
  authRoleList: AuthRoleListResponse,
  authRoleGrantPermission: AuthRoleGrantPermissionResponse,
  authRoleRevokePermission: AuthRoleRevokePermissionResponse,
};
const FIELDS = Object.keys(RESPONSES) as AuthField[];

/** A request of the Auth service: its encoded reply, owned by the caller; undefined: it is none. Raises `AuthError`. */
export function applyAuth(
  state: State,
  request: InternalRaftRequest,
  context: ApplyContext,
  applied: Pick<AppliedIndex, "index" | "touch">,
): Uint8Array | undefined {
  const { auth, tokens } = state;
  const header = state.headers.of(state.store.revision);
  if (request.authenticate !== undefined) {
    const body = applyAuthenticate(auth, tokens, request.authenticate, applied.index);
    // Nothing else is in the batch: a restart would apply it anew, and bring back a token that has run out.
    applied.touch();
    return AuthenticateResponse.encode({ header, ...body });
  }
  const field = FIELDS.find((each) => request[each] !== undefined);
  return field === undefined ? undefined : applyOne(state, field, request, context);
}

function applyOne<Field extends AuthField>(
  { auth, headers, store }: State,
  field: Field,
  request: InternalRaftRequest,
  context: ApplyContext,
): Uint8Array {
  // One type of field at a time is more than the compiler follows.
  const operation = AUTH_OPERATIONS[field] as (...given: unknown[]) => object;
  const body = operation(auth, request[field], context);
  const codec: MessageCodec<object> = RESPONSES[field];
  return codec.encode({ header: headers.of(store.revision), ...body });
}
