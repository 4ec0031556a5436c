/** Scenarios of leases. */
import { type Channel, type ClientStream } from "@nodetcd/grpc";
import {
  LeaseGrantRequest,
  LeaseKeepAliveRequest,
  LeaseLeasesResponse,
  LeaseRevokeRequest,
  METHODS,
  TxnRequest,
} from "@nodetcd/messages";
import { Latency, openChannel, Puts, sleep, until, Watches } from "./load.ts";
import { Stretch } from "./report.ts";
import type { Subject } from "./subject.ts";

const FIRST_ID = 1_000_000n;
const EMPTY = new Uint8Array(0);

/** Runs `count` unary calls, `inFlight` at a time over some channels. */
async function calls(
  channels: readonly Channel[],
  path: string,
  count: number,
  request: (n: number) => Uint8Array,
  inFlight = 256,
): Promise<void> {
  let next = 0;
  let failed: Error | undefined;
  const loop = (): Promise<void> =>
    new Promise((resolve) => {
      const one = (): void => {
        const n = next++;
        if (n >= count || failed !== undefined) return resolve();
        channels[n % channels.length]!.unaryCallback(path, request(n), (error) => {
          failed ??= error;
          one();
        });
      };
      one();
    });
  await Promise.all(Array.from({ length: inFlight }, loop));
  if (failed !== undefined) throw failed;
}

const grant = (channels: readonly Channel[], count: number, ttl: number): Promise<void> =>
  calls(channels, METHODS.Lease.LeaseGrant.path, count, (n) =>
    LeaseGrantRequest.encode({ id: FIRST_ID + BigInt(n), ttl }),
  );

async function leasesLeft(channel: Channel): Promise<number> {
  const reply = await channel.unary(METHODS.Lease.LeaseLeases.path, EMPTY);
  return LeaseLeasesResponse.decode(reply).leases.length;
}

/** 100,000 leases that are kept alive over 10 streams, then for some seconds each thrice a TTL of 30 s. */
export async function keepAlive(subject: Subject, scale: number): Promise<void> {
  const count = Math.round(100_000 * scale);
  const channels = Array.from({ length: 10 }, () => openChannel(subject.server.clientPort));
  const stretch = await Stretch.begin(subject);
  await grant(channels, count, 600);
  await stretch.print({ what: "100,000 leases: grant", count, seconds: stretch.seconds });

  const latency = new Latency();
  let renewed = 0;
  const streams = channels.map((channel) => channel.stream(METHODS.Lease.LeaseKeepAlive.path));
  const waiting = streams.map((): number[] => []);
  for (const [i, stream] of streams.entries()) {
    stream.onMessage = () => {
      renewed++;
      latency.add(performance.now() - waiting[i]!.shift()!);
    };
  }
  const renew = (n: number): void => {
    const i = n % streams.length;
    waiting[i]!.push(performance.now());
    const id = FIRST_ID + BigInt(n % count);
    (streams[i] as ClientStream).send(LeaseKeepAliveRequest.encode({ id }));
  };
  let sent = 0;
  const rounds = 2 * count;
  while (renewed < rounds) {
    while (sent < rounds && sent - renewed < 1000) renew(sent++);
    await sleep(0);
  }
  await stretch.print({
    what: "100,000 leases: keepalive, 1,000",
    count: renewed,
    seconds: stretch.seconds,
    latency,
    note: "1,000 at a time",
  });
  latency.reset();
  renewed = 0;
  sent = 0;
  const puts = new Puts(subject.server.clientPort, 1, {
    key: (n) => `k${n % 100}`,
    valueBytes: 100,
  });
  const others = puts.atRate(200, 6);
  const started = performance.now();
  const perSecond = count / 10;
  for (let elapsed = 0; elapsed < 6; elapsed = (performance.now() - started) / 1000) {
    while (sent < elapsed * perSecond) renew(sent++);
    await sleep(1);
  }
  await others;
  await until(() => renewed >= sent, 10_000);
  await stretch.print({
    what: "100,000 leases: each in 10 s",
    count: renewed,
    seconds: stretch.seconds,
    latency,
    note: `puts p50 ${puts.latency.at(50).toFixed(1)} p99 ${puts.latency.at(99).toFixed(1)}`,
  });
  puts.close();
  for (const channel of channels) channel.close();
}

/** 100,000 leases with a key each that all run out in the same moment, and one that watches the keys go. */
export async function expiry(subject: Subject, scale: number): Promise<void> {
  const count = Math.round(100_000 * scale);
  const channels = Array.from({ length: 10 }, () => openChannel(subject.server.clientPort));
  const ttl = 30;
  await grant(channels, count, ttl);
  await calls(channels, METHODS.KV.Txn.path, count, (n) =>
    TxnRequest.encode({
      success: [
        {
          requestPut: {
            key: Buffer.from(`leased${n}`),
            value: Buffer.from("v"),
            lease: FIRST_ID + BigInt(n),
          },
        },
      ],
    }),
  );
  // All of them begin their time anew, so that they end together.
  const streams = channels.map((channel) => channel.stream(METHODS.Lease.LeaseKeepAlive.path));
  let renewed = 0;
  for (const stream of streams) stream.onMessage = () => renewed++;
  const began = performance.now();
  for (let n = 0; n < count;) {
    const id = FIRST_ID + BigInt(n);
    streams[n % streams.length]!.send(LeaseKeepAliveRequest.encode({ id }));
    if (++n % 2000 === 0) await until(() => renewed > n - 2000, 10_000);
  }
  await until(() => renewed >= count, 30_000);
  const renewing = performance.now() - began;
  const watch = new Watches(subject.server.clientPort, {
    connections: 1,
    streamsPerConnection: 1,
    watchesPerStream: 1,
    create: () => ({ key: Buffer.from("leased"), rangeEnd: Buffer.from("leasee") }),
  });
  await watch.allCreated(10_000);
  await sleep(Math.max(0, began + ttl * 1000 - performance.now()));
  const puts = new Puts(subject.server.clientPort, 1, {
    key: (n) => `k${n % 100}`,
    valueBytes: 100,
  });
  const stretch = await Stretch.begin(subject);
  const others = puts.atRate(200, 10);
  const limit = 150_000 * Math.max(scale, 0.2);
  await until(() => watch.events >= count, limit);
  const took = stretch.seconds;
  await others;
  await stretch.print({
    what: "100,000 leases run out",
    count: watch.events,
    seconds: took,
    note:
      `renewed within ${renewing.toFixed()} ms; ${await leasesLeft(channels[0]!)} left; ` +
      `puts p50 ${puts.latency.at(50).toFixed(1)} p99 ${puts.latency.at(99).toFixed(1)}`,
  });
  for (const each of [watch, puts, ...channels]) each.close();
}

/** One lease with 100,000 keys is revoked, while somebody watches them and others put. */
export async function revoke(subject: Subject, scale: number): Promise<void> {
  const keys = Math.round(100_000 * scale);
  const channel = openChannel(subject.server.clientPort);
  await grant([channel], 1, 6000);
  const perTxn = 100;
  await calls(
    [channel],
    METHODS.KV.Txn.path,
    keys / perTxn,
    (n) =>
      TxnRequest.encode({
        success: Array.from({ length: perTxn }, (_, i) => ({
          requestPut: {
            key: Buffer.from(`held/${n * perTxn + i}`),
            value: Buffer.alloc(100, "v"),
            lease: FIRST_ID,
          },
        })),
      }),
    32,
  );
  const watch = new Watches(subject.server.clientPort, {
    connections: 1,
    streamsPerConnection: 1,
    watchesPerStream: 1,
    create: () => ({ key: Buffer.from("held/"), rangeEnd: Buffer.from("held0") }),
  });
  await watch.allCreated(10_000);
  const puts = new Puts(subject.server.clientPort, 1, {
    key: (n) => `k${n % 100}`,
    valueBytes: 100,
  });
  await sleep(1000);
  const stretch = await Stretch.begin(subject);
  const others = puts.atRate(200, 4);
  await sleep(500);
  const sentAt = performance.now();
  await channel.unary(METHODS.Lease.LeaseRevoke.path, LeaseRevokeRequest.encode({ id: FIRST_ID }));
  const answered = performance.now() - sentAt;
  await until(() => watch.events >= keys, 30_000);
  const seen = performance.now() - sentAt;
  await others;
  await stretch.print({
    what: "revoke a lease of 100,000 keys",
    count: keys,
    seconds: seen / 1000,
    note:
      `answered after ${answered.toFixed()} ms; ` +
      `puts p50 ${puts.latency.at(50).toFixed(1)} p99 ${puts.latency.at(99).toFixed(1)}`,
  });
  for (const each of [watch, puts, channel]) each.close();
}
