import type { Backend } from "@nodetcd/backend";
import { GrpcServer, type Services } from "@nodetcd/grpc";
import { type Lessor, openLessor } from "@nodetcd/lease";
import { openStore, type Store } from "@nodetcd/mvcc";
import type { Http1Handler, Http1Server, Logger, Runtime } from "@nodetcd/runtime";
import type { WalOptions } from "@nodetcd/wal";
import { type Bootstrap, bootstrap } from "./bootstrap/bootstrap.ts";
import { defragmentAtStart } from "./bootstrap/defragment-at-start.ts";
import {
  checkDatabase,
  initializeDatabase,
  openDatabaseOf,
  openingFiles,
} from "./bootstrap/open-data.ts";
import { Closers } from "./closers.ts";
import { startCompactPolicy } from "./compact-policy/start.ts";
import type { MemberConfig } from "./config.ts";
import { checkConfig } from "./config-check.ts";
import {
  type DataDirectory,
  dataDirectory,
  isInitialized,
  prepareDataDirectory,
  tidyDataDirectory,
} from "./data-dir.ts";
import { buildEngine, type Engine } from "./engine.ts";
import { RequestError, ServerError } from "./errors.ts";
import { clientRouter, metricsRouter, newHttpCounters, peerRouter } from "./http/router.ts";
import { GRPC_OVERHEAD_BYTES, PURGE_INTERVAL_MS } from "./limits.ts";
import { allEndpoints, bindEndpoints, type Endpoints } from "./listen.ts";
import { socketLimits } from "./listen-limits.ts";
import { ApplyMeter } from "./measure/apply-meter.ts";
import { CallMeter } from "./measure/call-meter.ts";
import type { Member } from "./member.ts";
import { Cluster } from "./membership/cluster.ts";
import { hexId } from "./membership/ids.ts";
import { Metrics } from "./metrics.ts";
import { purgeFiles } from "./persist/log-snapshot.ts";
import { publish } from "./publish.ts";
import { buildNode } from "./raft-core.ts";
import { HealthStatus } from "./receive/health.ts";
import { registerServices } from "./receive/services.ts";
import { RunningMember } from "./running-member.ts";
import { logListening, logQuota, logServing, logStarting } from "./start-log.ts";
import { ETCD_VERSION, minorVersion } from "./version.ts";

/** How long calls in progress may go on when the member stops, in milliseconds. */
const SHUTDOWN_GRACE_MS = 500;

/**
 * Starts a member and resolves when it serves. In order: options are checked, addresses bound, the
 * database opened (which locks the directory), the log opened or made, keys and leases read, raft
 * and its loops started, the own address published through the log, and only then calls answered.
 * Raises `ServerError`; everything that was opened is closed then.
 */
export async function startMember(
  runtime: Runtime,
  config: MemberConfig,
  logger: Logger,
): Promise<Member> {
  checkConfig(config);
  const closers = new Closers();
  try {
    return await start(runtime, config, logger, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function start(
  runtime: Runtime,
  config: MemberConfig,
  logger: Logger,
  closers: Closers,
): Promise<Member> {
  const directory = dataDirectory(config);
  const failure = new Failure();
  const metrics = new Metrics();
  const health = new HealthStatus(logger);

  logListening(logger, config);
  const endpoints = await bind(runtime, config, logger, closers);
  const advertised =
    config.advertiseClientUrls.length > 0
      ? config.advertiseClientUrls
      : endpoints.clients.map(({ url }) => url);

  const starting = (): void => {
    const known = isInitialized(runtime.disk, directory);
    logStarting(logger, config, directory, known, advertised);
  };
  await openingFiles(directory, starting);
  const files = await openFiles(runtime, config, logger, directory, metrics, failure, closers);
  logQuota(logger, config);
  const applyMeter = new ApplyMeter(runtime.clock, logger, config.warningApplyDurationMs);
  const engine = buildEngine({
    runtime,
    config,
    logger,
    applyMeter,
    ...files,
    node: buildNode(config, files.start, runtime.random, logger),
    snapshotDirectory: directory.snapshots,
    onFailure: (error) => failure.report(error),
  });
  const { core } = engine;
  closers.add(() => stopEngine(engine));
  failure.promise.then(
    (error) => refuseEverything(engine, logger, error),
    () => undefined,
  );

  logger.info("starting etcd server", {
    "local-member-id": hexId(core.memberId),
    "local-server-version": ETCD_VERSION,
    "cluster-id": hexId(core.clusterId),
    "cluster-version": minorVersion(core.cluster.version ?? "to_be_decided"),
  });
  engine.campaign();
  await Promise.race([publish(core, engine.ready, advertised), failure.raise()]);

  const calls = new CallMeter(runtime, config, logger);
  const services = registerServices(core, health, calls);
  serve(engine, services, endpoints, metrics, { calls, applies: applyMeter }, closers);
  startBackground(engine, files.start, directory, closers);
  health.set(true);
  logServing(logger, endpoints);
  return new RunningMember({
    core,
    services,
    clientUrls: endpoints.clients.map(({ url }) => url),
    failed: failure.promise,
    shutdown: async () => {
      const fields = {
        name: config.name,
        "data-dir": config.dataDir,
        "advertise-peer-urls": config.initialAdvertisePeerUrls,
        "advertise-client-urls": advertised,
      };
      logger.info("closing etcd server", fields);
      await closers.closeAll();
      logger.info("closed etcd server", fields);
    },
  });
}

/** The first reason why the member cannot go on. */
class Failure {
  readonly promise: Promise<ServerError>;
  #resolve: (error: ServerError) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve) => (this.#resolve = resolve));
  }

  report(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#resolve(new ServerError("STORAGE_FAILED", text, { cause: error }));
  }

  /** Rejects when there is one. */
  async raise(): Promise<never> {
    throw await this.promise;
  }
}

async function bind(
  runtime: Runtime,
  config: MemberConfig,
  logger: Logger,
  closers: Closers,
): Promise<Endpoints> {
  const urls = {
    clients: config.listenClientUrls,
    http: config.listenClientHttpUrls,
    peers: config.listenPeerUrls,
    metrics: config.listenMetricsUrls,
  };
  const endpoints = await bindEndpoints(runtime.network, urls, socketLimits(runtime, logger));
  closers.add(() => Promise.all(allEndpoints(endpoints).map((endpoint) => endpoint.close())));
  return endpoints;
}

interface OpenFiles {
  readonly backend: Backend;
  readonly cluster: Cluster;
  readonly start: Bootstrap;
  readonly store: Store;
  readonly lessor: Lessor;
}

/** Opens database and log, and reads keys and leases into memory. */
async function openFiles(
  runtime: Runtime,
  config: MemberConfig,
  logger: Logger,
  directory: DataDirectory,
  metrics: Metrics,
  failure: Failure,
  closers: Closers,
): Promise<OpenFiles> {
  prepareDataDirectory(runtime.disk, directory);
  const report = (error: unknown): void => failure.report(error);
  const { timings } = metrics;
  return openingFiles(directory, async () => {
    const backend = openDatabaseOf(runtime, config, directory, logger, timings, report);
    closers.add(() => backend.close().catch(() => undefined));
    tidyDataDirectory(runtime.disk, directory, logger);
    checkDatabase(backend);
    initializeDatabase(backend);
    await defragmentAtStart(backend, config.bootstrapDefragThresholdMegabytes, logger);
    const cluster = new Cluster(backend);
    const walOptions: WalOptions = {
      logger,
      noSync: config.unsafeNoFsync,
      segmentBytes: config.walSegmentBytes,
      onSync: timings.walSync,
      onWrite: timings.walWrite,
    };
    const start = await bootstrap({
      runtime,
      config,
      directory,
      backend,
      cluster,
      logger,
      walOptions,
    });
    closers.add(() => start.wal.close().catch(() => undefined));
    const lessor = openLessorOf(runtime, config, backend, logger);
    closers.add(async () => lessor.close());
    const store = await openStore(backend, {
      clock: runtime.clock,
      lessor,
      logger,
      compactionBatchLimit: config.compactionBatchLimit,
      compactionSleepMs: config.compactionSleepIntervalMs,
      cacheBytes: Math.floor(config.cacheBytes / 2),
      hashSeed: runtime.random.below(2 ** 32),
    });
    closers.add(() => store.close());
    deleteKeysWith(lessor, store);
    logger.info("kvstore restored", { "current-rev": store.revision });
    return { backend, cluster, start, store, lessor };
  });
}

/** After a storage failure: nothing is acknowledged any more. */
function refuseEverything(engine: Engine, logger: Logger, error: Error): void {
  logger.error("storage failed; nothing is acknowledged any more", { error: error.message });
  const refusal = new RequestError("STOPPED");
  engine.core.proposer.close(refusal);
  engine.core.reads.close(refusal);
  engine.applyLoop.stop();
}

async function stopEngine(engine: Engine): Promise<void> {
  const refusal = new RequestError("STOPPED");
  engine.core.proposer.close(refusal);
  engine.core.reads.close(refusal);
  await engine.snapshots.settled();
  await engine.loop.stop();
  engine.applyLoop.drain();
  engine.applyLoop.stop();
}

/** Gives each address what is served there. */
function serve(
  engine: Engine,
  services: Services,
  endpoints: Endpoints,
  metrics: Metrics,
  meters: { readonly calls: CallMeter; readonly applies: ApplyMeter },
  closers: Closers,
): void {
  const { core } = engine;
  const { runtime, config, logger } = core;
  const counters = newHttpCounters();
  const router = {
    core,
    counters,
    metrics: async () => ({
      contentType: metrics.registry.contentType,
      text: await metrics.text(),
    }),
  };
  const http1 = (handler: Http1Handler): Http1Server => {
    const server = runtime.network.serveHttp1(handler);
    closers.add(async () => server.close());
    return server;
  };
  const clientHttp = http1(clientRouter(router));
  const grpc = new GrpcServer({
    services,
    clock: runtime.clock,
    maxReceiveMessageBytes: config.maxRequestBytes + GRPC_OVERHEAD_BYTES,
    maxConcurrentStreams: config.maxConcurrentStreams,
    keepalive: {
      minTimeMs: config.grpcKeepaliveMinMs,
      intervalMs: config.grpcKeepaliveIntervalMs,
      timeoutMs: config.grpcKeepaliveTimeoutMs,
    },
    logger,
    // With addresses for HTTP alone the others carry gRPC alone.
    ...(endpoints.http.length === 0 ? { http1: clientHttp } : {}),
  });
  closers.add(() => {
    const gone = grpc.shutdown(SHUTDOWN_GRACE_MS);
    // After the GOAWAY, or they would be opened again.
    meters.calls.endStreams();
    return gone;
  });
  metrics.measure({
    core,
    loop: engine.loop,
    ...meters,
    applied: engine.entries.counters,
    inFlight: engine.inFlight,
    http: counters,
    services,
    servers: [grpc],
    leasesExpired: () => engine.expiry.revoked,
  });
  const peerHttp = http1(peerRouter(router));
  for (const endpoint of endpoints.clients) endpoint.serveGrpc(grpc);
  for (const endpoint of endpoints.http) endpoint.serveHttp(clientHttp);
  if (endpoints.metrics.length > 0) {
    const metricsHttp = http1(metricsRouter(router));
    for (const endpoint of endpoints.metrics) endpoint.serveHttp(metricsHttp);
  }
  for (const endpoint of endpoints.peers) endpoint.serveHttp(peerHttp);
}

/** What goes on by itself: compaction by policy, and removing old files. */
function startBackground(
  engine: Engine,
  start: Bootstrap,
  directory: DataDirectory,
  closers: Closers,
): void {
  const { core } = engine;
  const { config, runtime } = core;
  const policy = startCompactPolicy(core, config);
  const keep = { wals: config.maxWals, snapshots: config.maxSnapshots };
  const purge = runtime.clock.setRepeating(PURGE_INTERVAL_MS, () => {
    const { recorded } = engine.snapshots;
    purgeFiles(runtime.disk, start.wal, directory.snapshots, keep, recorded, core.logger);
  });
  closers.add(async () => {
    policy?.stop();
    purge.cancel();
  });
}

function openLessorOf(
  runtime: Runtime,
  config: MemberConfig,
  backend: Backend,
  logger: Logger,
): Lessor {
  // The shortest lifetime leaves room for an election, in whole seconds.
  const minTtlSeconds = Math.ceil((1.5 * config.electionTimeoutMs) / 1000);
  return openLessor({ backend, clock: runtime.clock, logger, minTtlSeconds });
}

function deleteKeysWith(lessor: Lessor, store: Store): void {
  lessor.deleteKeys = (keys) => {
    const transaction = store.beginWrite();
    for (const key of keys) transaction.deleteRange(key, undefined);
    transaction.end();
  };
}
