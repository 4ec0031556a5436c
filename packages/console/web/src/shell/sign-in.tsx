import type { SessionView } from "@nodetcd/console/contract";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { post } from "../data/api.ts";
import { queryClient, takeSession, useSession } from "../data/queries.ts";
import { Message } from "../parts/states.tsx";

/** Signing in with a user of etcd. */
export function SignIn(): ReactNode {
  const { data: session } = useSession();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const login = useMutation({
    mutationFn: () => post<SessionView>("login", { name, password }),
    onSuccess: (answer) => {
      takeSession(answer);
      void queryClient.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] !== "session",
      });
    },
  });
  return (
    <div className="gate-page">
      <form
        className="gate-form"
        onSubmit={(event) => {
          event.preventDefault();
          login.mutate();
        }}
      >
        <h1>Sign in to {session?.cluster}</h1>
        <p className="note">With a user of etcd. You see and change what its roles allow.</p>
        <label>
          User
          <input
            className="inp"
            autoComplete="username"
            autoFocus
            required
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
        </label>
        <label>
          Password
          <input
            className="inp"
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={({ target }) => setPassword(target.value)}
          />
        </label>
        {login.error === null ? null : (
          <Message kind="act" icon="act" title={login.error.message} />
        )}
        <button className="btn pri" disabled={login.isPending}>
          Sign in
        </button>
      </form>
    </div>
  );
}
