import { EtcdError } from "@nodetcd/client";
import { type LeaseKeepAliveResponse, METHODS } from "@nodetcd/messages";
import { sleep } from "@nodetcd/runtime";
import { nodeClock } from "@nodetcd/runtime/node";
import type { Command } from "../../command-line/command.ts";
import { badArguments, EXIT, ExitError } from "../../command-line/exit.ts";
import { switchFlag } from "../../command-line/flag.ts";
import { parseGoInteger } from "../../command-line/go-integer.ts";
import type { CtlCall } from "../call.ts";
import { errorText } from "../error-text.ts";
import { errorWords, leaseId, toNumber } from "../numbers.ts";
import { hex16 } from "../output/values.ts";
import type { Session } from "../session.ts";

const KEYS = switchFlag("keys", "Get keys attached to this lease");
const ONCE = switchFlag(
  "once",
  "Resets the keep-alive time to its original value and cobrautl.Exits immediately",
);

const grant: Command<CtlCall> = {
  use: "grant <ttl>",
  short: "Creates leases",
  run: async ({ args, connect }) => {
    const [text] = args;
    if (text === undefined || args.length > 1) {
      throw badArguments("lease grant command needs TTL argument");
    }
    const ttl = readTtl(text);
    const session = await connect();
    const options = { words: "failed to grant lease" };
    session.show("grant", await session.send(METHODS.Lease.LeaseGrant, { ttl }, options));
  },
};

function readTtl(text: string): number {
  try {
    return toNumber(parseGoInteger(text, 10));
  } catch (error) {
    throw badArguments(`bad TTL (${errorWords(error)})`);
  }
}

const revoke: Command<CtlCall> = {
  use: "revoke <leaseID>",
  short: "Revokes leases",
  run: async ({ args, connect }) => {
    const [text] = args;
    if (text === undefined || args.length > 1) {
      throw badArguments("lease revoke command needs 1 argument");
    }
    const id = leaseId(text);
    const session = await connect();
    const options = { words: "failed to revoke lease" };
    session.show("revoke", await session.send(METHODS.Lease.LeaseRevoke, { id }, options), { id });
  },
};

const timeToLive: Command<CtlCall> = {
  use: "timetolive <leaseID> [options]",
  short: "Get lease information",
  flags: [KEYS],
  run: async ({ args, flags, connect }) => {
    const [text] = args;
    if (text === undefined || args.length > 1) {
      throw badArguments("lease timetolive command needs lease ID as argument");
    }
    const session = await connect();
    const keys = flags.get(KEYS);
    const request = { id: leaseId(text), keys };
    const options = { code: EXIT.badConnection, timeoutMs: Infinity };
    session.show(
      "timeToLive",
      await session.send(METHODS.Lease.LeaseTimeToLive, request, options),
      { keys },
    );
  },
};

const list: Command<CtlCall> = {
  use: "list",
  short: "List all active leases",
  run: async ({ connect }) => {
    const session = await connect();
    const options = { code: EXIT.badConnection, timeoutMs: Infinity };
    session.show("leases", await session.send(METHODS.Lease.LeaseLeases, {}, options));
  },
};

const keepAlive: Command<CtlCall> = {
  use: "keep-alive [options] <leaseID>",
  short: "Keeps leases alive (renew)",
  flags: [ONCE],
  run: async ({ args, flags, connect }) => {
    const [text] = args;
    if (text === undefined || args.length > 1) {
      throw badArguments("lease keep-alive command needs lease ID as argument");
    }
    const id = leaseId(text);
    const session = await connect();
    if (flags.get(ONCE)) return session.show("keepAlive", await renewOnce(session, id));
    await renew(session, id);
    if (session.isSimple) session.say(`lease ${hex16(id)} expired or revoked.`);
  },
};

async function renewOnce(session: Session, id: bigint): Promise<LeaseKeepAliveResponse> {
  try {
    const stream = await session.client.stream(METHODS.Lease.LeaseKeepAlive);
    stream.send({ id });
    const { value } = await stream.next();
    stream.cancel();
    if (value !== undefined && value.ttl > 0) return value;
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    throw new ExitError(EXIT.badConnection, errorText(error));
  }
  throw new ExitError(EXIT.badConnection, "etcdserver: requested lease not found");
}

/** Milliseconds before a broken stream is opened again. */
const REOPEN_MS = 500;

/** Renews at a third of the time, and shows each answer, until the lease is gone or its time is up. */
async function renew(session: Session, id: bigint): Promise<void> {
  let expiresAt = Number.POSITIVE_INFINITY;
  while (performance.now() < expiresAt) {
    try {
      const stream = await session.client.stream(METHODS.Lease.LeaseKeepAlive, {
        requireLeader: true,
      });
      stream.send({ id });
      for await (const reply of stream) {
        if (reply.ttl <= 0) return;
        session.show("keepAlive", reply);
        expiresAt = performance.now() + reply.ttl * 1_000;
        await sleep(nodeClock, (reply.ttl * 1_000) / 3);
        stream.send({ id });
      }
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      await sleep(nodeClock, REOPEN_MS);
    }
  }
}

export const lease: Command<CtlCall> = {
  use: "lease <subcommand>",
  short: "Lease related commands. Use `nodetcd ctl lease --help` to see subcommands",
  long: "Lease related commands",
  subcommands: [grant, revoke, timeToLive, list, keepAlive],
};
