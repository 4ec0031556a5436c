import { type ReactNode, useId, useState } from "react";

/** Asks for a name to be typed before something that cannot be undone; `children` is the button. */
export function TypedName({
  name,
  label,
  children,
}: {
  readonly name: string;
  readonly label?: ReactNode;
  readonly children: (typed: boolean) => ReactNode;
}): ReactNode {
  const [text, setText] = useState("");
  const id = useId();
  return (
    <>
      <label htmlFor={id}>
        {label ?? (
          <>
            Type <b className="strong mono">{name}</b> to allow it
          </>
        )}
      </label>
      <input
        id={id}
        className="inp"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      <div className="row">{children(text === name)}</div>
    </>
  );
}
