import { METHODS } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { badArguments, EXIT, ExitError } from "../../command-line/exit.ts";
import { stringFlag, switchFlag } from "../../command-line/flag.ts";
import { quote } from "../../quote.ts";
import type { CtlCall } from "../call.ts";
import { isSerializable } from "../consistency.ts";
import { memberId } from "../numbers.ts";
import type { Replies } from "../output/replies.ts";
import { checkUrls } from "../peer-urls.ts";

const NEW_URLS = stringFlag("peer-urls", "comma separated peer URLs for the new member.");
const URLS = stringFlag("peer-urls", "comma separated peer URLs for the updated member.");
const LEARNER = switchFlag("learner", "indicates if the new member is raft learner");
const CONSISTENCY = stringFlag("consistency", "Linearizable(l) or Serializable(s)", "l");

const add: Command<CtlCall> = {
  use: "add <memberName> [options]",
  short: "Adds a member into the cluster",
  examples: ["member add node-4 --peer-urls=https://node-4:2380 --learner"],
  flags: [NEW_URLS, LEARNER],
  run: async ({ args, flags, connect }) => {
    const [name] = args;
    if (name === undefined) throw badArguments("member name not provided");
    if (args.length > 1) {
      const hints = args
        .filter((arg) => arg.toLowerCase().startsWith("http"))
        .map((arg) => `, did you mean --peer-urls=${arg}`);
      throw badArguments(`too many arguments${hints.join("")}`);
    }
    const urls = flags.get(NEW_URLS);
    if (urls === "") throw badArguments("member peer urls not provided");
    const session = await connect();
    const peerUrls = checked(urls);
    const request = { peerUrls, isLearner: flags.get(LEARNER) };
    const reply = await session.send(METHODS.Cluster.MemberAdd, request);
    session.show("memberAdd", reply);
    if (session.isSimple) session.say(startSettings(name, urls, reply));
  },
};

/** URLs that a server would refuse are refused here. */
function checked(urls: string): string[] {
  const list = urls.split(",");
  const fault = checkUrls(list);
  if (fault !== undefined) throw new ExitError(EXIT.error, fault);
  return list;
}

/** The environment that the new member is to be started with. */
function startSettings(
  name: string,
  urls: string,
  { member, members }: Replies["memberAdd"],
): string {
  const cluster = members.flatMap(({ id, name: known, peerUrls }) =>
    peerUrls.map((url) => `${id === member?.id ? name : known}=${url}`),
  );
  const show = (text: string): string => quote(Buffer.from(text));
  return [
    "",
    `ETCD_NAME=${show(name)}`,
    `ETCD_INITIAL_CLUSTER=${show(cluster.join(","))}`,
    `ETCD_INITIAL_ADVERTISE_PEER_URLS=${show(urls)}`,
    'ETCD_INITIAL_CLUSTER_STATE="existing"',
  ].join("\n");
}

function onlyId(args: readonly string[]): bigint {
  const [text] = args;
  if (text === undefined || args.length > 1) throw badArguments("member ID is not provided");
  return memberId(text);
}

const remove: Command<CtlCall> = {
  use: "remove <memberID>",
  short: "Removes a member from the cluster",
  run: async ({ args, connect }) => {
    const id = onlyId(args);
    const session = await connect();
    session.show("memberRemove", await session.send(METHODS.Cluster.MemberRemove, { id }), { id });
  },
};

const update: Command<CtlCall> = {
  use: "update <memberID> [options]",
  short: "Updates a member in the cluster",
  flags: [URLS],
  run: async ({ args, flags, connect }) => {
    const id = onlyId(args);
    const urls = flags.get(URLS);
    if (urls === "") throw badArguments("member peer urls not provided");
    const session = await connect();
    const request = { id, peerUrls: checked(urls) };
    session.show("memberUpdate", await session.send(METHODS.Cluster.MemberUpdate, request), { id });
  },
};

const promote: Command<CtlCall> = {
  use: "promote <memberID>",
  short: "Promotes a non-voting member in the cluster",
  long: "Promotes a non-voting learner member to a voting one in the cluster.\n",
  run: async ({ args, connect }) => {
    const id = onlyId(args);
    const session = await connect();
    session.show("memberPromote", await session.send(METHODS.Cluster.MemberPromote, { id }), {
      id,
    });
  },
};

const list: Command<CtlCall> = {
  use: "list",
  short: "Lists all members in the cluster",
  long: `When --write-out is set to simple, this command prints out comma-separated member lists for each endpoint.
The items in the lists are ID, Status, Name, Peer Addrs, Client Addrs, Is Learner.
`,
  flags: [CONSISTENCY],
  run: async ({ flags, connect }) => {
    const linearizable = !isSerializable(flags.get(CONSISTENCY));
    const session = await connect();
    session.show("memberList", await session.send(METHODS.Cluster.MemberList, { linearizable }));
  },
};

export const member: Command<CtlCall> = {
  use: "member <subcommand>",
  short: "Membership related commands. Use `nodetcd ctl member --help` to see subcommands",
  long: "Membership related commands",
  subcommands: [add, remove, update, list, promote],
};
