import { ApiClient, type KubeObject } from "../api-client.ts";

const PATHS = {
  jobs: "/apis/batch/v1/jobs",
  cronjobs: "/apis/batch/v1/cronjobs",
  pods: "/api/v1/pods",
  events: "/api/v1/events",
} as const;

export type Plural = keyof typeof PATHS;

/** What one of the two control planes has, kept up by watches. */
export class Mirror {
  readonly name: string;
  readonly client: ApiClient;
  readonly #objects: Record<Plural, Map<string, KubeObject>> = {
    jobs: new Map(),
    cronjobs: new Map(),
    pods: new Map(),
    events: new Map(),
  };
  /** What of a namespace has changed last, and when, in milliseconds. */
  readonly #changes = new Map<string, { at: number; what: string }>();
  readonly #ending = new AbortController();
  /** Why a watch has ended, if one has. */
  failure: unknown;

  constructor(name: string, client: ApiClient) {
    this.name = name;
    this.client = client;
  }

  start(): void {
    for (const plural of Object.keys(PATHS) as Plural[]) {
      this.client
        .follow(
          PATHS[plural],
          (objects) => this.#restart(plural, objects),
          (event) => this.#take(plural, event),
          this.#ending.signal,
        )
        .catch((error: unknown) => (this.failure = error));
    }
  }

  stop(): void {
    this.#ending.abort();
  }

  #restart(plural: Plural, objects: readonly KubeObject[]): void {
    this.#objects[plural].clear();
    for (const object of objects) this.#take(plural, { type: "ADDED", object });
  }

  #take(plural: Plural, { type, object }: { type: string; object: KubeObject }): void {
    if (type === "BOOKMARK") return;
    if (type === "ERROR") throw new Error(JSON.stringify(object));
    const { namespace = "", name } = object.metadata;
    const key = `${namespace}/${name}`;
    if (type === "DELETED") this.#objects[plural].delete(key);
    else this.#objects[plural].set(key, object);
    this.#changes.set(namespace, { at: Date.now(), what: `${type} ${plural} ${name}` });
  }

  of(plural: Plural, namespace: string): KubeObject[] {
    const found: KubeObject[] = [];
    for (const object of this.#objects[plural].values()) {
      if (object.metadata.namespace === namespace) found.push(object);
    }
    return found;
  }

  /** Milliseconds since the last change in the namespace. */
  quietFor(namespace: string): number {
    return Date.now() - (this.#changes.get(namespace)?.at ?? 0);
  }

  lastChange(namespace: string): string {
    return this.#changes.get(namespace)?.what ?? "nothing";
  }
}
