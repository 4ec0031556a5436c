import type { Lease as ClientLease } from "@nodetcd/client";
import { type Clock, type Logger, sleep } from "@nodetcd/runtime";
import { isReason } from "../errors.ts";
import { NODE_LEASE_SECONDS, NODE_NAMESPACE, RELIST_MS } from "../limits.ts";
import type { Lease, Node } from "../objects/core.ts";
import { type KubeObject, microTimeText, timeText } from "../objects/meta.ts";
import { LEASES, NODES } from "../objects/resources.ts";
import { type Resource, storageVersion } from "../objects/resource.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Change } from "../storage/transaction.ts";
import { type WorkerRecord, WORKERS } from "./worker-record.ts";

export interface PresenceOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nodeName: string;
  /** How API servers reach it. */
  readonly reach: WorkerRecord["spec"];
  /** What the node can bear, and what it is: `status` without conditions. */
  readonly status: NonNullable<Node["status"]>;
  readonly signal: AbortSignal;
}

/**
 * Keeps the node in sight: a Node object that stays, and a lease that goes with this process. While the lease
 * is lost, `present` is false, and nothing new is started.
 */
export class NodePresence {
  readonly #options: PresenceOptions;
  #present = false;
  #lease: ClientLease | undefined;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  get present(): boolean {
    return this.#present;
  }

  /** Until the signal is aborted; never fails. */
  async run(): Promise<void> {
    const { signal, logger, clock, nodeName } = this.#options;
    while (!signal.aborted) {
      try {
        const lost = await this.#appear();
        await new Promise<void>((resolve) => {
          for (const each of [signal, lost]) {
            each.addEventListener("abort", () => resolve());
            if (each.aborted) resolve();
          }
        });
        if (!signal.aborted)
          logger.warn("node lease was lost, taking a new one", { node: nodeName });
      } catch (error) {
        if (!signal.aborted)
          logger.warn("node could not be registered, trying again", { error: String(error) });
      }
      this.#present = false;
      if (!signal.aborted) await sleep(clock, RELIST_MS);
    }
    await this.#lease?.revoke().catch(() => undefined);
  }

  async #appear(): Promise<AbortSignal> {
    const { store } = this.#options;
    const lease = await store.client.leases.grant(NODE_LEASE_SECONDS);
    this.#lease = lease;
    const lost = lease.keepAlive();
    // What an earlier process of this node has left runs out by itself; it must not take the new one with it.
    await this.#forget(LEASES, NODE_NAMESPACE);
    await this.#forget(WORKERS, "");
    const create = <T extends KubeObject>(resource: Resource<T>, object: T): Change => ({
      kind: "create",
      resource,
      object: store.complete(resource, object),
      lease: lease.id,
    });
    await store.transaction([
      create(LEASES, this.#leaseObject()),
      create(WORKERS, this.#workerObject()),
    ]);
    await this.#register();
    this.#present = true;
    return lost;
  }

  async #forget(resource: Resource, namespace: string): Promise<void> {
    const { store, nodeName } = this.#options;
    await store.delete(resource, namespace, nodeName).catch((error: unknown) => {
      if (!isReason(error, "NotFound")) throw error;
    });
  }

  #workerObject(): WorkerRecord {
    const { nodeName, reach } = this.#options;
    return {
      apiVersion: storageVersion(WORKERS),
      kind: WORKERS.kind,
      metadata: { name: nodeName },
      spec: reach,
    };
  }

  #leaseObject(): Lease {
    const { nodeName, clock } = this.#options;
    const time = microTimeText(clock.wallTime());
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: nodeName, namespace: NODE_NAMESPACE },
      spec: {
        holderIdentity: nodeName,
        leaseDurationSeconds: NODE_LEASE_SECONDS,
        acquireTime: time,
        renewTime: time,
      },
    };
  }

  async #register(): Promise<void> {
    const { store, nodeName } = this.#options;
    const known = await store.find(NODES, "", nodeName);
    if (known === undefined) {
      await store.create(
        NODES,
        this.#nodeWith({ apiVersion: "v1", kind: "Node", metadata: { name: nodeName } }),
      );
    } else {
      await store.modify(NODES, "", nodeName, (node) => this.#nodeWith(node));
    }
  }

  #nodeWith(node: Node): Node {
    const { nodeName, status, clock } = this.#options;
    const lastTransitionTime = timeText(clock.wallTime());
    const ready = {
      type: "Ready",
      status: "True" as const,
      reason: "WorkerReady",
      message: "the worker is ready",
      lastTransitionTime,
    };
    const others = (node.status?.conditions ?? []).filter(({ type }) => type !== "Ready");
    const labels = {
      ...node.metadata.labels,
      "kubernetes.io/hostname": nodeName,
      "kubernetes.io/os": "linux",
    };
    return {
      ...node,
      metadata: { ...node.metadata, labels },
      status: { ...node.status, ...status, conditions: [...others, ready] },
    };
  }
}
