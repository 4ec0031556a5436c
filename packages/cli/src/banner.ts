/** What a person who has started a member on a terminal wants to know first. */
export function banner(member: {
  name: string;
  version: string;
  clientUrls: readonly string[];
  dataDir: string;
}): string {
  const endpoint = (member.clientUrls[0] ?? "").replace(/^http:\/\//, "");
  return `
  nodetcd ${member.version}, member "${member.name}"

  clients   ${member.clientUrls.join("  ")}
  data      ${member.dataDir}

  try it    etcdctl --endpoints ${endpoint} put greeting hello
            etcdctl --endpoints ${endpoint} get greeting
            curl http://${endpoint}/version
  stop      Ctrl-C

`;
}
