import { Client, type ClientOptions, type KeyValue } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import type { RegistryPair } from "@nodetcd/membership";
import type { OpenRegistry, RegistryConfig } from "@nodetcd/server";
import { readTls } from "./ctl/connect.ts";
import type { Discovery } from "./flags/draft.ts";

/** The registry of new clusters in another etcd, as `--discovery-*` name it. Raises `Error` when they cannot be used. */
export function registryOf(discovery: Discovery): RegistryConfig {
  const { token, endpoints } = discovery;
  const [user = "", password = discovery.password] = discovery.user.split(":", 2);
  const options: ClientOptions = {
    runtime: nodeRuntime,
    endpoints,
    timeoutMs: discovery.requestTimeoutMs,
    connectTimeoutMs: discovery.dialTimeoutMs,
    keepalive: { intervalMs: discovery.keepaliveMs, timeoutMs: discovery.keepaliveTimeoutMs },
    ...readTls(discovery),
    ...(user === "" ? {} : { credentials: { name: user, password } }),
  };
  return { token, open: () => openRegistry(new Client(options)) };
}

function openRegistry(client: Client): OpenRegistry {
  return {
    async get(key) {
      const { keyValues } = await client.range(key);
      return keyValues.map(pairOf)[0];
    },
    async list(prefix) {
      const { keyValues, revision } = await client.range(prefix, { prefix: true });
      return { pairs: keyValues.map(pairOf), revision };
    },
    async put(key, value) {
      await client.put(key, value);
    },
    async *watch(prefix, startRevision) {
      for await (const { type, keyValue } of client.watch(prefix, {
        prefix: true,
        startRevision,
      })) {
        if (type === "put") yield [pairOf(keyValue)];
      }
    },
    close: () => client.close(),
  };
}

function pairOf(keyValue: KeyValue): RegistryPair {
  const { createRevision } = keyValue;
  return { key: keyValue.keyText(), value: keyValue.text(), createRevision };
}
