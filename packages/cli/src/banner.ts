/** How to reach a member by the first of its URLs: for etcdctl, and for curl with what it needs. */
function ways(url: string): { endpoint: string; curl: string } {
  if (url.startsWith("https:")) {
    return { endpoint: `${url} --cacert CA_FILE`, curl: `--cacert CA_FILE ${url}` };
  }
  const socketFile = /^unix:(?:\/\/)?(.*)$/.exec(url)?.[1];
  if (socketFile !== undefined) {
    return { endpoint: url, curl: `--unix-socket ${socketFile} http://localhost` };
  }
  const endpoint = url.replace(/^http:\/\//, "");
  return { endpoint, curl: `http://${endpoint}` };
}

/** What a person who has started a member on a terminal wants to know first. */
export function banner(member: {
  name: string;
  version: string;
  clientUrls: readonly string[];
  dataDir: string;
  /** Where the console is, if there is one. */
  pages?: string | undefined;
}): string {
  const { endpoint, curl } = ways(member.clientUrls[0] ?? "");
  return `
  nodetcd ${member.version}, member "${member.name}"

  clients   ${member.clientUrls.join("  ")}
  data      ${member.dataDir}${member.pages === undefined ? "" : `\n  console   ${member.pages}`}

  try it    etcdctl --endpoints ${endpoint} put greeting hello
            etcdctl --endpoints ${endpoint} get greeting
            curl ${curl}/version
  stop      Ctrl-C

`;
}
