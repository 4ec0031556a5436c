import {
  type AccessChange,
  type AccessView,
  type MayView,
  parseKeyText,
  type RoleView,
  toBase64Url,
} from "@nodetcd/console/contract";
import { useMutation, type UseMutationResult, useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { get, post } from "../../data/api.ts";
import { queryClient, useSession } from "../../data/queries.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Icon } from "../../parts/icon.tsx";
import { TypedName } from "../../parts/typed-name.tsx";
import { Failed, Message, Skeleton, State } from "../../parts/states.tsx";
import { useTitle } from "../../parts/use-title.ts";
import { plural } from "../../parts/words.ts";
import { RoleCell } from "./role-cell.tsx";
import { TurnCell } from "./turn-cell.tsx";

export type Change = UseMutationResult<unknown, Error, AccessChange>;

/** Who may do what, and why. */
export function AccessPage(): ReactNode {
  useTitle("Users and roles");
  const { data: session } = useSession();
  const { data: view, error } = useQuery({
    queryKey: ["access"],
    queryFn: ({ signal }) => get<AccessView>("access", {}, signal),
  });
  const change = useMutation({
    mutationFn: (what: AccessChange) => post("access/change", what),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ["access"] });
      void queryClient.invalidateQueries({ queryKey: ["session"] });
      void queryClient.invalidateQueries({ queryKey: ["may"] });
    },
  });
  if (view === undefined) {
    return error === null ? <Skeleton rows={8} /> : <Failed error={error} what="Users and roles" />;
  }
  const open = session?.writes === "open" && view.onlySelf === undefined;
  return (
    <>
      <div className="head">
        <h1>Users and roles</h1>
        <p>
          {plural(view.users.length, "user")}, {plural(view.roles.length, "role")}.{" "}
          {view.enabled === true
            ? "etcd asks everybody for a user."
            : view.enabled === false
              ? "etcd asks nobody: who reaches the port may do everything."
              : ""}{" "}
          {view.onlySelf}
        </p>
      </div>
      {change.error === null ? null : (
        <div className="pad">
          <Message kind="act" icon="act" title={change.error.message} />
        </div>
      )}
      {open || view.onlySelf !== undefined ? null : (
        <p className="pad note">{session?.writesNote}</p>
      )}
      <div className="sheet">
        <MayCell view={view} />
        <UsersCell view={view} open={open} change={change} />
        <section className="cell c6" aria-labelledby="roles-head">
          <div className="ch">
            <h2 id="roles-head">Roles</h2>
          </div>
          {view.roles.map((role: RoleView) => (
            <RoleCell key={role.name} role={role} open={open} change={change} />
          ))}
          {open ? <AddRole change={change} /> : null}
        </section>
        {view.enabled === undefined ? null : (
          <TurnCell enabled={view.enabled} open={open} change={change} />
        )}
      </div>
    </>
  );
}

/** "May X read Y?", answered and explained. */
function MayCell({ view }: { readonly view: AccessView }): ReactNode {
  const [chosen, setUser] = useState<string>();
  const user = view.users.find(({ name }) => name === chosen)?.name ?? view.users[0]?.name ?? "";
  const [kind, setKind] = useState("read");
  const [key, setKey] = useState("");
  const id = toBase64Url(parseKeyText(key));
  const { data: answer, error } = useQuery({
    queryKey: ["may", user, kind, id],
    enabled: user !== "" && key !== "",
    queryFn: ({ signal }) => get<MayView>("access/may", { user, kind, key: id }, signal),
  });
  return (
    <section className="cell" aria-labelledby="may-head">
      <div className="ch">
        <h2 id="may-head">May somebody …?</h2>
      </div>
      <div className="row">
        <label className="fld">
          <span>May</span>
          <select value={user} onChange={({ target }) => setUser(target.value)} aria-label="User">
            {view.users.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label className="fld">
          <select value={kind} onChange={({ target }) => setKind(target.value)} aria-label="What">
            <option value="read">read</option>
            <option value="write">write</option>
          </select>
        </label>
        <label className="fld grow">
          <span className="vh">Key</span>
          <input
            data-search
            className="mono"
            placeholder="a key"
            autoComplete="off"
            spellCheck={false}
            value={key}
            onChange={({ target }) => setKey(target.value)}
          />
        </label>
      </div>
      {error === null ? null : <Message kind="act" icon="act" title={error.message} />}
      <div role="status" className="above">
        {answer === undefined ? null : (
          <>
            <p>
              <State is={answer.may ? "fine" : "act"}>{answer.may ? "Yes" : "No"}</State>{" "}
              {answer.because}
              {view.enabled === false ? " But users are turned off: everybody may." : ""}
            </p>
            <ul className="small dim">
              {answer.roles.map(({ role, text }) => (
                <li key={role}>
                  <b className="strong">{role}</b>: {text}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </section>
  );
}

function UsersCell({
  view,
  open,
  change,
}: {
  readonly view: AccessView;
  readonly open: boolean;
  readonly change: Change;
}): ReactNode {
  const [leaving, setLeaving] = useState<string>();
  return (
    <section className="cell c6" aria-labelledby="users-head">
      <div className="ch">
        <h2 id="users-head">Users</h2>
      </div>
      {view.users.length === 0 ? <p className="note">There is no user.</p> : null}
      <ul className="lines">
        {view.users.map(({ name, roles }) => (
          <li key={name}>
            <b className="strong">{name}</b>
            <span className="row tight">
              {roles.map((role) => (
                <span className="chip" key={role}>
                  {role}
                  {open ? (
                    <button
                      className="chip-x"
                      aria-label={`Take role ${role} from ${name}`}
                      onClick={() => change.mutate({ do: "revokeRole", user: name, role })}
                    >
                      <Icon name="cross" />
                    </button>
                  ) : null}
                </span>
              ))}
              {open ? <GrantRole view={view} user={name} change={change} /> : null}
            </span>
            {open && name !== "root" ? (
              <button
                className="btn del"
                onClick={() => setLeaving(name)}
                aria-label={`Delete user ${name}`}
              >
                Delete
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      {open ? <AddUser change={change} /> : null}
      {leaving === undefined ? null : (
        <DeleteUser user={leaving} change={change} close={() => setLeaving(undefined)} />
      )}
    </section>
  );
}

function DeleteUser({
  user,
  change,
  close,
}: {
  readonly user: string;
  readonly change: Change;
  readonly close: () => void;
}): ReactNode {
  return (
    <Dialog label={`Delete user ${user}`} close={close}>
      <div className="ks form">
        <h2>Delete user {user}</h2>
        <p className="note">
          Whoever signs in as {user} is refused from then on. The password cannot be brought back.
        </p>
        <TypedName name={user}>
          {(typed) => (
            <>
              <button
                className="btn del sure"
                disabled={!typed}
                onClick={() => {
                  change.mutate({ do: "deleteUser", user });
                  close();
                }}
              >
                Delete {user} now
              </button>
              <button className="btn bare" onClick={close}>
                Keep
              </button>
            </>
          )}
        </TypedName>
      </div>
    </Dialog>
  );
}

function GrantRole({
  view,
  user,
  change,
}: {
  readonly view: AccessView;
  readonly user: string;
  readonly change: Change;
}): ReactNode {
  const held = view.users.find(({ name }) => name === user)?.roles ?? [];
  const left = view.roles.filter(({ name }) => !held.includes(name));
  if (left.length === 0) return null;
  return (
    <label className="fld small-fld">
      <select
        aria-label={`Give ${user} a role`}
        value=""
        onChange={({ target }) => change.mutate({ do: "grantRole", user, role: target.value })}
      >
        <option value="">give a role…</option>
        {left.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

function AddUser({ change }: { readonly change: Change }): ReactNode {
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate({ do: "addUser", user, password });
    setUser("");
    setPassword("");
  };
  return (
    <form className="row above" onSubmit={submit}>
      <label className="fld grow">
        <span className="vh">New user</span>
        <input
          placeholder="new user"
          required
          autoComplete="off"
          value={user}
          onChange={({ target }) => setUser(target.value)}
        />
      </label>
      <label className="fld grow">
        <span className="vh">Password</span>
        <input
          placeholder="password"
          type="password"
          required
          autoComplete="new-password"
          value={password}
          onChange={({ target }) => setPassword(target.value)}
        />
      </label>
      <button className="btn">Add user</button>
    </form>
  );
}

function AddRole({ change }: { readonly change: Change }): ReactNode {
  const [role, setRole] = useState("");
  return (
    <form
      className="row above"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate({ do: "addRole", role });
        setRole("");
      }}
    >
      <label className="fld grow">
        <span className="vh">New role</span>
        <input
          placeholder="new role"
          required
          autoComplete="off"
          value={role}
          onChange={({ target }) => setRole(target.value)}
        />
      </label>
      <button className="btn">Add role</button>
    </form>
  );
}
