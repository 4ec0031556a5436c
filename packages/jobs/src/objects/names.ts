const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const QUALIFIED_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

function problems(name: string, max: number, pattern: RegExp, text: string): string[] {
  return [
    ...(name.length > max ? [`must be no more than ${max} bytes`] : []),
    ...(pattern.test(name) ? [] : [text]),
  ];
}

/** What is wrong with a DNS label; nothing when it is one. */
export function labelProblems(name: string): string[] {
  return problems(name, 63, LABEL, LABEL_TEXT);
}

export function subdomainProblems(name: string): string[] {
  return problems(name, 253, SUBDOMAIN, SUBDOMAIN_TEXT);
}

export function labelValueProblems(value: string): string[] {
  return problems(value, 63, LABEL_VALUE, LABEL_VALUE_TEXT);
}

/** Of the name of a label or annotation: `app`, `example.com/app`. */
export function qualifiedNameProblems(name: string): string[] {
  const parts = name.split("/");
  if (parts.length > 2) {
    return [
      `a qualified name ${QUALIFIED_TEXT.slice("name part ".length)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const local = parts.at(-1) ?? "";
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const found =
    prefix === undefined ? [] : subdomainProblems(prefix).map((text) => `prefix part ${text}`);
  if (prefix === "") found.splice(0, found.length, "prefix part must be non-empty");
  if (local === "") return [...found, "name part must be non-empty"];
  if (local.length > 63) found.push("name part must be no more than 63 bytes");
  if (!QUALIFIED.test(local)) found.push(QUALIFIED_TEXT);
  return found;
}
