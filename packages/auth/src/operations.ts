import type * as message from "@nodetcd/messages";
import type { AuthStore } from "./auth-store.ts";
import { AuthError } from "./errors.ts";
import { type Identity, ROOT } from "./identity.ts";
import {
  roleAdd,
  roleDelete,
  roleGet,
  roleGrantPermission,
  roleList,
  roleRevokePermission,
} from "./roles.ts";
import {
  userAdd,
  userChangePassword,
  userDelete,
  userGet,
  userGrantRole,
  userList,
  userRevokeRole,
} from "./users.ts";

type Reply<T> = Omit<T, "header">;

/**
 * Applies one request of the Auth service; `Authenticate` is `applyAuthenticate`. The same on every
 * member: raises `AuthError` having changed nothing, or answers the reply without its header.
 */
export interface AuthOperation<Request, Response> {
  (auth: AuthStore, request: Request, by: Identity): Reply<Response>;
}

const NOTHING = {};

/** For administrators; answers nothing. */
function change<Request>(apply: (auth: AuthStore, request: Request) => void) {
  return (auth: AuthStore, request: Request, by: Identity): object => {
    auth.checkAdmin(by);
    apply(auth, request);
    return NOTHING;
  };
}

/** Does not count as a change. Nothing happens when it is on. */
function authEnable(auth: AuthStore): void {
  if (auth.enabled) {
    auth.logger.info("authentication is already enabled; ignored auth enable request");
    return;
  }
  const root = auth.user(ROOT);
  if (root === undefined) throw new AuthError("ROOT_USER_NOT_FOUND");
  if (!root.roles.includes(ROOT)) throw new AuthError("ROOT_ROLE_NOT_HELD");
  auth.records.setEnabled(true);
  auth.logger.info("enabled authentication");
}

/** Nothing happens when it is off. */
function authDisable(auth: AuthStore): void {
  if (!auth.enabled) return;
  auth.records.setEnabled(false);
  auth.changed();
  auth.tokens?.dropAll();
  auth.logger.info("disabled authentication");
}

/** By the fields of `InternalRaftRequest`. */
export interface AuthOperations {
  readonly authEnable: AuthOperation<message.AuthEnableRequest, message.AuthEnableResponse>;
  readonly authDisable: AuthOperation<message.AuthDisableRequest, message.AuthDisableResponse>;
  readonly authStatus: AuthOperation<message.AuthStatusRequest, message.AuthStatusResponse>;
  readonly authUserAdd: AuthOperation<message.AuthUserAddRequest, message.AuthUserAddResponse>;
  readonly authUserDelete: AuthOperation<
    message.AuthUserDeleteRequest,
    message.AuthUserDeleteResponse
  >;
  readonly authUserGet: AuthOperation<message.AuthUserGetRequest, message.AuthUserGetResponse>;
  readonly authUserChangePassword: AuthOperation<
    message.AuthUserChangePasswordRequest,
    message.AuthUserChangePasswordResponse
  >;
  readonly authUserGrantRole: AuthOperation<
    message.AuthUserGrantRoleRequest,
    message.AuthUserGrantRoleResponse
  >;
  readonly authUserRevokeRole: AuthOperation<
    message.AuthUserRevokeRoleRequest,
    message.AuthUserRevokeRoleResponse
  >;
  readonly authUserList: AuthOperation<message.AuthUserListRequest, message.AuthUserListResponse>;
  readonly authRoleAdd: AuthOperation<message.AuthRoleAddRequest, message.AuthRoleAddResponse>;
  readonly authRoleDelete: AuthOperation<
    message.AuthRoleDeleteRequest,
    message.AuthRoleDeleteResponse
  >;
  readonly authRoleGet: AuthOperation<message.AuthRoleGetRequest, message.AuthRoleGetResponse>;
  readonly authRoleList: AuthOperation<message.AuthRoleListRequest, message.AuthRoleListResponse>;
  readonly authRoleGrantPermission: AuthOperation<
    message.AuthRoleGrantPermissionRequest,
    message.AuthRoleGrantPermissionResponse
  >;
  readonly authRoleRevokePermission: AuthOperation<
    message.AuthRoleRevokePermissionRequest,
    message.AuthRoleRevokePermissionResponse
  >;
}

export const AUTH_OPERATIONS: AuthOperations = {
  authEnable: change(authEnable),
  authDisable: change(authDisable),
  authStatus: ({ enabled, revision }) => ({ enabled, authRevision: revision }),
  authUserAdd: change(userAdd),
  authUserDelete: change(userDelete),
  authUserGet: (auth, request, by) => ({ roles: userGet(auth, request, by) }),
  authUserChangePassword: change(userChangePassword),
  authUserGrantRole: change(userGrantRole),
  authUserRevokeRole: change(userRevokeRole),
  authUserList(auth, _request, by) {
    auth.checkAdmin(by);
    return { users: userList(auth) };
  },
  authRoleAdd: change(roleAdd),
  authRoleDelete: change(roleDelete),
  authRoleGet: (auth, request, by) => ({ perm: roleGet(auth, request, by) }),
  authRoleList(auth, _request, by) {
    auth.checkAdmin(by);
    return { roles: roleList(auth) };
  },
  authRoleGrantPermission: change(roleGrantPermission),
  authRoleRevokePermission: change(roleRevokePermission),
};
