/** The users of a run on one server: their tokens, and what root changes of their rights. */
import { type Init, type Method, METHODS } from "@nodetcd/messages";
import { type Connection, type Metadata, RpcFailure } from "../rpc.ts";
import { type AuthStep, type User, USERS } from "./program.ts";

const { Auth } = METHODS;

/** What a role may do at first: READWRITE, WRITE, READ on ranges that overlap. */
const FIRST_RIGHTS = [
  { role: "both", type: 2, key: "a", end: "b0" },
  { role: "writer", type: 1, key: "aa", end: "d" },
  { role: "reader", type: 0, key: "", end: "zz" },
  { role: "reader", type: 0, key: "a", end: "\0" },
] as const;

const bytes = (text: string): Uint8Array => Buffer.from(text);

export class Users {
  readonly #connection: Connection;
  readonly #tokens = new Map<User, string>();
  readonly #passwords = new Map<User, string>(USERS.map((user) => [user, "first"]));

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  metadata(user: User): Metadata {
    const token = this.#tokens.get(user);
    return token === undefined ? {} : { token };
  }

  async #call<Request, Reply>(
    method: Method<Request, Reply>,
    request: Init<Request>,
  ): Promise<{ said: string; reply: Reply | undefined }> {
    try {
      const reply = await this.#connection.call(method, request, undefined, this.metadata("root"));
      return { said: "ok", reply };
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error;
      return { said: `error ${error.code}: ${error.message}`, reply: undefined };
    }
  }

  async play(step: AuthStep): Promise<string> {
    switch (step.act) {
      case "set up":
        return this.#setUp();
      case "enable":
        return (await this.#call(Auth.AuthEnable, {})).said;
      case "disable":
        return (await this.#call(Auth.AuthDisable, {})).said;
      case "log in":
        return this.#logIn(step.user);
      case "change password": {
        const password = `${this.#passwords.get(step.user)}+`;
        const { said } = await this.#call(Auth.UserChangePassword, { name: step.user, password });
        if (said === "ok") this.#passwords.set(step.user, password);
        // Without root nothing could be done any more.
        return step.user === "root" ? `${said} ${await this.#logIn("root")}` : said;
      }
      case "grant role":
        return (await this.#call(Auth.UserGrantRole, { user: step.user, role: step.role })).said;
      case "revoke role":
        return (await this.#call(Auth.UserRevokeRole, { name: step.user, role: step.role })).said;
      case "grant": {
        const perm = { permType: step.type, key: bytes(step.key), rangeEnd: bytes(step.end) };
        return (await this.#call(Auth.RoleGrantPermission, { name: step.role, perm })).said;
      }
      case "revoke": {
        const range = { key: bytes(step.key), rangeEnd: bytes(step.end) };
        return (await this.#call(Auth.RoleRevokePermission, { role: step.role, ...range })).said;
      }
    }
  }

  async #setUp(): Promise<string> {
    const said: string[] = [];
    for (const name of USERS) {
      said.push((await this.#call(Auth.UserAdd, { name, password: "first" })).said);
      if (name !== "root") said.push((await this.#call(Auth.RoleAdd, { name })).said);
      said.push((await this.#call(Auth.UserGrantRole, { user: name, role: name })).said);
    }
    for (const rights of FIRST_RIGHTS) said.push(await this.play({ act: "grant", ...rights }));
    said.push(await this.play({ act: "enable" }));
    for (const user of USERS) said.push(await this.#logIn(user));
    return said.join(", ");
  }

  async #logIn(user: User): Promise<string> {
    const password = this.#passwords.get(user) ?? "";
    const { said, reply } = await this.#call(Auth.Authenticate, { name: user, password });
    if (reply !== undefined) this.#tokens.set(user, reply.token);
    return said;
  }
}
