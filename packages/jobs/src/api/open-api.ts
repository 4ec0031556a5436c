import { apiVersionOf, GROUP_VERSIONS, type GroupVersion, SERVED } from "./served.ts";

type Json = Record<string, unknown>;

function pathOf({ group, version }: GroupVersion): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`;
}

/** Which documents there are. */
export function openApiIndex(): Json {
  const paths = GROUP_VERSIONS.map((each) => {
    const path = pathOf(each);
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=0` }];
  });
  return { paths: Object.fromEntries(paths) };
}

/** One version's document; `undefined` when there is none at this path. */
export function openApiDocument(path: string): Json | undefined {
  const found = GROUP_VERSIONS.find((each) => pathOf(each) === path);
  if (found === undefined) return undefined;
  const { group, version } = found;
  const paths = SERVED.filter((each) => each.group === group && each.version === version).map(
    ({ resource }) => {
      const { plural, namespaced, kind } = resource;
      const collection = namespaced ? `namespaces/{namespace}/${plural}` : plural;
      const operation = {
        parameters: [
          { name: "fieldValidation", in: "query", schema: { type: "string", uniqueItems: true } },
        ],
        "x-kubernetes-group-version-kind": { group, version, kind },
      };
      return [`/${path}/${collection}/{name}`, { patch: operation }] as const;
    },
  );
  return {
    openapi: "3.0.0",
    info: { title: `nodetcd jobs ${apiVersionOf(found)}`, version: "v1" },
    paths: Object.fromEntries(paths),
  };
}
