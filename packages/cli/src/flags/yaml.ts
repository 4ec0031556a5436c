import { parseAllDocuments, type ScalarTag, type Tags } from "yaml";

const TAG = "tag:yaml.org,2002:";

/** `0o17`, which YAML 1.1 has not and etcd's parser reads. */
const OCTAL: ScalarTag = {
  default: true,
  tag: `${TAG}int`,
  test: /^[-+]?0o[0-7_]+$/,
  resolve(text) {
    const magnitude = BigInt(text.replace(/^[-+]/, "").replaceAll("_", ""));
    return text.startsWith("-") ? -magnitude : magnitude;
  },
};

const BINARY: ScalarTag = {
  tag: `${TAG}binary`,
  resolve: (text) => Buffer.from(text, "base64").toString(),
};

/** YAML 1.1 as etcd's parser takes it: dates and `1:30` are text, so is what `!!binary` holds. */
function tagsOfEtcd(tags: Tags): Tags {
  const kept = tags.filter((tag) => {
    if (typeof tag === "string") return true;
    return tag.tag !== `${TAG}timestamp` && tag.tag !== BINARY.tag && tag.format !== "TIME";
  });
  return [OCTAL, BINARY, ...kept];
}

/**
 * Reads the first document of a YAML or JSON text; the last of equal keys counts. Whole numbers are
 * bigints. An empty document is `{}`.
 *
 * @param fail makes the error to raise of what is wrong
 * @returns the value, and whether documents follow that have content too
 */
export function parseYaml(
  content: string,
  fail: (problem: string) => Error,
): { value: unknown; others: boolean } {
  const documents = parseAllDocuments(content, {
    version: "1.1",
    customTags: tagsOfEtcd,
    intAsBigInt: true,
    logLevel: "error",
    prettyErrors: true,
    uniqueKeys: false,
  });
  const [first, ...rest] = Array.isArray(documents) ? documents : [];
  const [problem] = first?.errors ?? [];
  // After the first line it shows the place, in several lines.
  if (problem !== undefined) throw fail(problem.message.split(":\n")[0] ?? "");
  try {
    const others = rest.some((document) => document.contents !== null);
    return { value: first?.toJS() ?? {}, others };
  } catch (error) {
    throw fail(error instanceof Error ? error.message : String(error));
  }
}
