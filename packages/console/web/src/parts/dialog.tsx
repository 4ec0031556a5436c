import { type ReactNode, useEffect, useRef } from "react";

/**
 * A modal dialog: the browser's own, so focus stays inside, Esc closes it, and the focus goes back to
 * where it was.
 */
export function Dialog({
  label,
  className = "",
  close,
  children,
}: {
  readonly label: string;
  readonly className?: string;
  readonly close: () => void;
  readonly children: ReactNode;
}): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const { current } = dialog;
    if (current?.open === false) current.showModal();
    return () => current?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={className}
      aria-label={label}
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      {children}
    </dialog>
  );
}
