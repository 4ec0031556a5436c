import { type ReactNode, useEffect, useMemo, useState } from "react";
import { Code } from "../../parts/code.tsx";
import { Message } from "../../parts/states.tsx";
import { TabBar } from "../../parts/tab-bar.tsx";
import { decodeKubernetes } from "./kubernetes.ts";
import { hexLines, indentJson, type ValueKind } from "./value-kind.ts";

type Form = "yaml" | "json" | "text" | "fields" | "image" | "hex";

const LABELS: Readonly<Record<Form, string>> = {
  yaml: "YAML",
  json: "JSON",
  text: "Text",
  fields: "Fields",
  image: "Image",
  hex: "Hex",
};

function formsOf(value: ValueKind): readonly Form[] {
  switch (value.kind) {
    case "json":
      return ["json", "yaml", "text", "hex"];
    case "text":
      return ["text", "hex"];
    case "image":
      return ["image", "hex"];
    case "kubernetes":
      return ["fields", "hex"];
    case "cbor":
      return ["yaml", "hex"];
    case "encrypted":
    case "binary":
    case "empty":
      return ["hex"];
  }
}

const HEX_LINES = 65_536;

/** A value in the form that says most, and in the others it has. */
export function ValueView({
  bytes,
  value,
}: {
  readonly bytes: Uint8Array;
  readonly value: ValueKind;
}): ReactNode {
  const forms = formsOf(value);
  const [wanted, setWanted] = useState<Form>();
  const form = wanted !== undefined && forms.includes(wanted) ? wanted : forms[0]!;
  return (
    <div>
      <TabBar
        label="Value as"
        tabs={forms.map((id) => ({ id, label: LABELS[id] }))}
        current={form}
        choose={setWanted}
      />
      <div role="tabpanel" aria-label={`Value as ${LABELS[form]}`}>
        <FormView form={form} bytes={bytes} value={value} />
      </div>
    </div>
  );
}

function FormView({
  form,
  bytes,
  value,
}: {
  readonly form: Form;
  readonly bytes: Uint8Array;
  readonly value: ValueKind;
}): ReactNode {
  if (form === "image" && value.kind === "image")
    return <ImageView bytes={bytes} type={value.type} />;
  if (form === "hex") return <HexView bytes={bytes} value={value} />;
  if (form === "fields") {
    const object = decodeKubernetes(bytes);
    return object === undefined ? (
      <Message title="This is no well-formed object">Look at its bytes.</Message>
    ) : (
      <Code lines={object.lines} label="Value as fields" />
    );
  }
  if (form === "yaml") return <YamlView bytes={bytes} value={value} />;
  const text = value.kind === "json" || value.kind === "text" ? value.text : "";
  const shown = form === "json" ? indentJson(text) : text;
  return (
    <Code
      lines={shown.split("\n")}
      label={`Value as ${LABELS[form]}`}
      plain={form === "text" && value.kind === "text" && text.length > 200_000}
    />
  );
}

function HexView({
  bytes,
  value,
}: {
  readonly bytes: Uint8Array;
  readonly value: ValueKind;
}): ReactNode {
  const lines = useMemo(() => hexLines(bytes, HEX_LINES), [bytes]);
  return (
    <>
      {value.kind === "encrypted" ? (
        <div className="pad">
          <Message icon="lock" title={`Encrypted by the API server with ${value.provider}`}>
            etcd holds no key to it; kubectl shows it to those who may read it.
          </Message>
        </div>
      ) : null}
      {value.kind === "empty" ? <p className="pad note">The value is empty.</p> : null}
      <Code lines={lines} label="Value as hexadecimal" plain />
    </>
  );
}

function ImageView({
  bytes,
  type,
}: {
  readonly bytes: Uint8Array;
  readonly type: string;
}): ReactNode {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes, type]);
  return url === undefined ? null : (
    <div className="pad">
      <img className="shown" src={url} alt="What the value shows" />
    </div>
  );
}

/** YAML needs a library that comes when it is asked for. */
function YamlView({
  bytes,
  value,
}: {
  readonly bytes: Uint8Array;
  readonly value: ValueKind;
}): ReactNode {
  const [lines, setLines] = useState<readonly string[]>();
  useEffect(() => {
    let wanted = true;
    void import("./to-yaml.ts").then(({ jsonToYaml, cborToYaml }) => {
      if (!wanted) return;
      setLines(value.kind === "json" ? jsonToYaml(value.text) : cborToYaml(bytes));
    });
    return () => {
      wanted = false;
    };
  }, [bytes, value]);
  return lines === undefined ? null : <Code lines={lines} label="Value as YAML" />;
}
