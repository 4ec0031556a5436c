import { type ReactNode, useState } from "react";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icon.tsx";
import { PAGES } from "./pages.ts";
import { setSingleKeys, SHORTCUTS, singleKeysAreOn } from "./shortcuts.ts";

export function KeySheet({ close }: { readonly close: () => void }): ReactNode {
  const [single, setSingle] = useState(singleKeysAreOn());
  const pages = PAGES.map(({ letter, label }) => [`g ${letter}`, label] as const);
  return (
    <Dialog label="Shortcuts" close={close}>
      <div className="ks">
        <div className="row">
          <h2 className="grow">Shortcuts</h2>
          <button className="btn bare ic" aria-label="Close" onClick={close}>
            <Icon name="cross" />
          </button>
        </div>
        <label className="row check">
          <input
            type="checkbox"
            checked={single}
            onChange={({ target }) => {
              setSingle(target.checked);
              setSingleKeys(target.checked);
            }}
          />
          Single letters act
        </label>
        <dl>
          {[...SHORTCUTS, ...pages].map(([keys, what]) => (
            <div key={keys} className="pair">
              <dt>
                {keys.split(" ").map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Dialog>
  );
}
