import type { Services } from "@nodetcd/grpc";
import type { Logger, Runtime } from "@nodetcd/runtime";
import { AuditLog } from "./audit/audit-log.ts";
import { openAudit } from "./audit/open.ts";
import type { AuditQueue } from "./audit/queue.ts";
import { AuditRules } from "./audit/rules.ts";
import type { Bootstrap } from "./bootstrap/context.ts";
import { openingFiles } from "./bootstrap/open-data.ts";
import { openFiles } from "./bootstrap/open-files.ts";
import { buildNode } from "./bootstrap/raft-node.ts";
import { CleanupStack } from "./cleanup-stack.ts";
import { startCompactPolicy } from "./compact-policy/start.ts";
import { type MemberConfig, requestTimeoutMs } from "./config.ts";
import { discover } from "./bootstrap/discover.ts";
import { checkInitialCluster } from "./bootstrap/found-cluster.ts";
import { checkConfig } from "./config-check.ts";
import { type DataDirectory, dataDirectory, isInitialized } from "./data-dir.ts";
import { buildEngine, type Engine } from "./engine.ts";
import { RequestError, ServerError } from "./errors.ts";
import { Failure } from "./failure.ts";
import { PURGE_INTERVAL_MS } from "./limits.ts";
import { allEndpoints, bindEndpoints, type Endpoints } from "./listen.ts";
import { ApplyMeter } from "./measure/apply-meter.ts";
import { CallMeter } from "./measure/call-meter.ts";
import type { Member } from "./member.ts";
import type { MemberContext } from "./member-context.ts";
import { hexId } from "@nodetcd/peers";
import { Metrics } from "./metrics/metrics.ts";
import { purgeFiles } from "./persist/log-snapshot.ts";
import { peerRouter } from "./http/peer-router.ts";
import { publish } from "./publish.ts";
import { HealthStatus } from "./receive/health.ts";
import { admission } from "./receive/admission.ts";
import { Dispatcher } from "./receive/dispatcher.ts";
import { handlersOf, quickHandlersOf } from "./receive/handlers.ts";
import type { Reclaimer } from "./reclaim/reclaim.ts";
import { buildReclaimer } from "./reclaim/start.ts";
import { checkBeforeServing, startCorruptionCheck } from "./replicate/start-corruption-check.ts";
import { RunningMember } from "./running-member.ts";
import { serve } from "./serve.ts";
import { logListening, logQuota, logServing, logStarting } from "./start-log.ts";
import { ETCD_VERSION, minorVersion } from "./version.ts";

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
  const cleanup = new CleanupStack();
  try {
    return await start(runtime, config, logger, cleanup);
  } catch (error) {
    await cleanup.closeAll();
    throw error;
  }
}

/** What the phases of a start share. */
interface Starting {
  readonly runtime: Runtime;
  readonly config: MemberConfig;
  readonly logger: Logger;
  readonly cleanup: CleanupStack;
  readonly directory: DataDirectory;
  readonly failure: Failure;
  readonly metrics: Metrics;
}

async function start(
  runtime: Runtime,
  config: MemberConfig,
  logger: Logger,
  cleanup: CleanupStack,
): Promise<Member> {
  const failure = new Failure();
  const metrics = new Metrics();
  const health = new HealthStatus(logger);
  const directory = dataDirectory(config);
  const starting = { runtime, config, logger, cleanup, directory, failure, metrics };

  logListening(logger, config);
  const audit = await openAudit(runtime, config, logger);
  cleanup.add(async () => audit?.close());
  const endpoints = await bind(runtime, config, logger, cleanup);
  const advertised =
    config.advertiseClientUrls.length > 0
      ? config.advertiseClientUrls
      : endpoints.clients.flatMap(({ urls }) => urls);
  const { engine, reclaimer, applies, bootstrap } = await openEngine(starting, advertised);
  const { member } = engine;
  cleanup.add(() => stopEngine(engine));

  // Whoever founds or joins a cluster has nothing to compare.
  const { peers, remotes } = bootstrap;
  if (peers.length + remotes.length === 0) await checkBeforeServing(member);
  for (const endpoint of endpoints.peers) endpoint.serveRaft(member.peers);
  failure.promise.then(
    (error) => refuseEverything(engine, logger, error),
    () => undefined,
  );
  logMember(member);
  engine.campaign();
  await Promise.race([publish(member, advertised, () => failure.isReported), failure.raise()]);

  const { services, calls } = dispatch(member, health, audit);
  serve(engine, services, endpoints, metrics, { calls, applies, audit }, cleanup);
  startBackground(engine, reclaimer, bootstrap, directory, cleanup);
  health.set(true);
  logServing(logger, endpoints);
  return new RunningMember({
    member,
    services,
    clientUrls: endpoints.clients.flatMap(({ urls }) => urls),
    failed: failure.promise,
    shutdown: () => shutDown(member, advertised, cleanup),
  });
}

/** Opens the files, and builds the loops that work on them. Nothing is sent to others yet. */
async function openEngine(
  { runtime, config, logger, cleanup, directory, failure, metrics }: Starting,
  advertised: readonly string[],
): Promise<{
  engine: Engine;
  reclaimer: Reclaimer;
  applies: ApplyMeter;
  bootstrap: Bootstrap;
}> {
  const founding = await openingFiles(directory, async () => {
    const known = isInitialized(runtime.disk, directory);
    logStarting(logger, config, directory, known, advertised);
    if (known) return config;
    const found = await discover(runtime, config, logger);
    // Before anything is made that a better command line would find.
    await checkInitialCluster(runtime, found);
    return found;
  });
  const { timings } = metrics;
  const onFailure = (error: unknown): void => failure.report(error);
  const shared = { runtime, config, logger, onFailure };
  const files = await openFiles({ ...shared, config: founding, directory, timings, cleanup });
  logQuota(logger, config);
  const applies = new ApplyMeter(runtime.clock, logger, config.warningApplyDurationMs);
  const engine = buildEngine({
    ...shared,
    ...files,
    applyMeter: applies,
    node: buildNode(config, files.start, runtime.random, logger),
    snapshotDirectory: directory.snapshots,
    fallback: (request) => peerPort(request),
    onRemoved: (reason) => failure.report(new ServerError("REMOVED", reason)),
  });
  const reclaimer = buildReclaimer(engine.member);
  const peerPort = peerRouter(engine.member, () => reclaimer.state);
  return { engine, reclaimer, applies, bootstrap: files.start };
}

async function shutDown(
  { config, logger }: MemberContext,
  advertised: readonly string[],
  cleanup: CleanupStack,
): Promise<void> {
  const fields = {
    name: config.name,
    "data-dir": config.dataDir,
    "advertise-peer-urls": config.initialAdvertisePeerUrls,
    "advertise-client-urls": advertised,
  };
  logger.info("closing etcd server", fields);
  await cleanup.closeAll();
  logger.info("closed etcd server", fields);
}

function logMember({ logger, memberId, clusterId, cluster }: MemberContext): void {
  logger.info("starting etcd server", {
    "local-member-id": hexId(memberId),
    "local-server-version": ETCD_VERSION,
    "cluster-id": hexId(clusterId),
    "cluster-version": minorVersion(cluster.version ?? "to_be_decided"),
  });
}

/** The one way in, measured and, if wanted, audited. */
function dispatch(
  member: MemberContext,
  health: HealthStatus,
  queue: AuditQueue | undefined,
): { services: Services; calls: CallMeter } {
  const { runtime, config, logger, access } = member;
  const audit =
    queue &&
    new AuditLog({
      ...runtime,
      queue,
      rules: new AuditRules(config.auditLogRules),
      hashKeys: config.auditLogKeys === "hash",
      identify: (call) => access.identify(call),
    });
  const calls = new CallMeter(runtime, config, logger, audit);
  const dispatcher = new Dispatcher(admission(member), calls);
  // Short cuts are not told to anybody.
  const quick = audit === undefined ? quickHandlersOf(member) : {};
  dispatcher.register(handlersOf(member, health), quick);
  return { services: dispatcher.services, calls };
}

async function bind(
  runtime: Runtime,
  config: MemberConfig,
  logger: Logger,
  cleanup: CleanupStack,
): Promise<Endpoints> {
  const endpoints = await bindEndpoints(runtime, config, logger);
  cleanup.add(() => Promise.all(allEndpoints(endpoints).map((endpoint) => endpoint.close())));
  return endpoints;
}

/** After a storage failure: nothing is acknowledged any more. */
function refuseEverything(engine: Engine, logger: Logger, error: Error): void {
  logger.error("storage failed; nothing is acknowledged any more", { error: error.message });
  const refusal = new RequestError("STOPPED");
  engine.member.proposer.close(refusal);
  engine.member.reads.close(refusal);
  engine.applyLoop.stop();
}

async function stopEngine(engine: Engine): Promise<void> {
  const { config } = engine.member;
  engine.versions.stop();
  await engine.replication.handOver(requestTimeoutMs(config));
  const refusal = new RequestError("STOPPED");
  engine.member.proposer.close(refusal);
  engine.member.reads.close(refusal);
  await engine.snapshots.settled();
  engine.replication.stop();
  await engine.loop.stop();
  await engine.replication.installer.stop();
  engine.applyLoop.drain();
  engine.applyLoop.stop();
}

/** What goes on by itself: compaction by policy, comparing with others, giving space back, and removing old files. */
function startBackground(
  engine: Engine,
  reclaimer: Reclaimer,
  start: Bootstrap,
  directory: DataDirectory,
  cleanup: CleanupStack,
): void {
  const { member } = engine;
  const { config, runtime } = member;
  const policy = startCompactPolicy(member, config);
  const corruption = startCorruptionCheck(member);
  reclaimer.start();
  member.diskRoom.start();
  const keep = { wals: config.maxWals, snapshots: config.maxSnapshots };
  let purging: Promise<void> | undefined;
  const purge = runtime.clock.setRepeating(PURGE_INTERVAL_MS, () => {
    const { recorded } = engine.snapshots;
    const { disk } = runtime;
    purging ??= purgeFiles(
      disk,
      start.wal,
      directory.snapshots,
      keep,
      recorded,
      member.logger,
    ).finally(() => (purging = undefined));
  });
  cleanup.add(async () => {
    policy?.stop();
    corruption.stop();
    member.diskRoom.stop();
    // A file that is being rewritten is given up when the database is closed, which comes later.
    void reclaimer.stop();
    purge.cancel();
    await purging;
  });
}
