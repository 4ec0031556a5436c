import {
  type PermissionView,
  parseKeyText,
  type RoleView,
  toBase64Url,
} from "@nodetcd/console/contract";
import { type ReactNode, useState } from "react";
import type { Change } from "./access-page.tsx";

/** A role with what it allows. */
export function RoleCell({
  role,
  open,
  change,
}: {
  readonly role: RoleView;
  readonly open: boolean;
  readonly change: Change;
}): ReactNode {
  const { name, permissions } = role;
  return (
    <div className="role" role="group" aria-label={`Role ${name}`}>
      <div className="row">
        <b className="strong grow">{name}</b>
        {open && name !== "root" ? (
          <button
            className="btn del"
            aria-label={`Delete role ${name}`}
            onClick={() => change.mutate({ do: "deleteRole", role: name })}
          >
            Delete
          </button>
        ) : null}
      </div>
      {name === "root" ? <p className="note">May do everything.</p> : null}
      {name !== "root" && permissions.length === 0 ? (
        <p className="note">Allows nothing yet.</p>
      ) : null}
      <ul className="lines">
        {permissions.map((permission) => (
          <li key={`${permission.key} ${permission.end}`}>
            <span className="nowrap">{permission.kind}</span>
            <span className="mono wrap">{permission.text}</span>
            {open ? (
              <button
                className="btn bare"
                aria-label={`Take ${permission.kind} on ${permission.text} from ${name}`}
                onClick={() =>
                  change.mutate({
                    do: "revokePermission",
                    role: name,
                    key: permission.key,
                    end: permission.end,
                  })
                }
              >
                Take away
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      {open && name !== "root" ? <AddPermission role={name} change={change} /> : null}
    </div>
  );
}

function AddPermission({
  role,
  change,
}: {
  readonly role: string;
  readonly change: Change;
}): ReactNode {
  const [kind, setKind] = useState<PermissionView["kind"]>("read");
  const [key, setKey] = useState("");
  const [prefix, setPrefix] = useState(true);
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        const id = toBase64Url(parseKeyText(key));
        change.mutate({ do: "grantPermission", role, kind, key: id, prefix });
        setKey("");
      }}
    >
      <label className="fld">
        <select
          aria-label="Kind of permission"
          value={kind}
          onChange={({ target }) => setKind(target.value as PermissionView["kind"])}
        >
          <option value="read">read</option>
          <option value="write">write</option>
          <option value="readwrite">readwrite</option>
        </select>
      </label>
      <label className="fld grow">
        <span className="vh">Key or prefix</span>
        <input
          className="mono"
          placeholder="key or prefix"
          required
          autoComplete="off"
          spellCheck={false}
          value={key}
          onChange={({ target }) => setKey(target.value)}
        />
      </label>
      <label className="row tight check">
        <input
          type="checkbox"
          checked={prefix}
          onChange={({ target }) => setPrefix(target.checked)}
        />
        prefix
      </label>
      <button className="btn">Allow</button>
    </form>
  );
}
