import type { InternalRaftRequest } from "@nodetcd/messages";
import type { AuthField } from "../apply/auth.ts";
import type { MemberContext } from "../member-context.ts";
import type { ClientCall, Handlers } from "./handler.ts";
import { receiveAuthenticate } from "./authenticate.ts";
import { hashing } from "./hash-password.ts";

type Request<Field extends AuthField> = NonNullable<InternalRaftRequest[Field]>;

/**
 * The Auth service. All of it goes through the log, what is only asked as well, as in etcd; whether the caller may is
 * decided where it is applied.
 */
export function authHandlers(member: MemberContext): Handlers["Auth"] {
  const propose =
    <Field extends AuthField>(field: Field) =>
    (request: Request<Field>, { caller }: ClientCall): Promise<Uint8Array> =>
      member.proposer.proposeMessage({ [field]: request }, caller);
  const { logins } = member;
  return {
    AuthEnable: propose("authEnable"),
    AuthDisable: propose("authDisable"),
    AuthStatus: propose("authStatus"),
    Authenticate: receiveAuthenticate(member),
    UserAdd: hashing(
      member,
      (request) => logins.hashNewUser(request),
      (authUserAdd) => ({ authUserAdd }),
    ),
    UserGet: propose("authUserGet"),
    UserList: propose("authUserList"),
    UserDelete: propose("authUserDelete"),
    UserChangePassword: hashing(
      member,
      (request) => logins.hashNewPassword(request),
      (authUserChangePassword) => ({ authUserChangePassword }),
    ),
    UserGrantRole: propose("authUserGrantRole"),
    UserRevokeRole: propose("authUserRevokeRole"),
    RoleAdd: propose("authRoleAdd"),
    RoleGet: propose("authRoleGet"),
    RoleList: propose("authRoleList"),
    RoleDelete: propose("authRoleDelete"),
    RoleGrantPermission: propose("authRoleGrantPermission"),
    RoleRevokePermission: propose("authRoleRevokePermission"),
  };
}
