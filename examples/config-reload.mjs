// Configuration that reloads: one key of JSON, read at the start and followed from there on, without a gap between the two.
import { startEtcd } from "nodetcd";

/** What the key holds now, in `current`; `onChange` hears of each new value. What cannot be parsed is passed over. */
async function liveConfig(client, key, parse, onChange) {
  const found = await client.get(key);
  const config = { current: parse(found?.json()) };
  const watcher = client.watch(key, { startRevision: (found?.modRevision ?? 0) + 1 });
  const follow = async () => {
    for await (const { type, keyValue } of watcher) {
      if (type !== "put") continue;
      try {
        config.current = parse(keyValue.json());
        onChange(config.current);
      } catch (error) {
        console.log("kept the old one:", error.message);
      }
    }
  };
  const followed = follow();
  config.close = async () => {
    await watcher.return();
    await followed;
  };
  return config;
}

function parse(value) {
  if (!Number.isInteger(value?.workers)) throw new Error("workers must be a whole number");
  return value;
}

const etcd = await startEtcd(); // elsewhere: connect("http://127.0.0.1:2379")
await etcd.seed({ "app/config": { workers: 4 } });

const changed = [];
let heard = () => undefined;
const config = await liveConfig(etcd.client, "app/config", parse, (value) => {
  changed.push(value.workers);
  heard();
});
console.log("starts with", config.current.workers);
const twoMore = new Promise((resolve) => (heard = () => changed.length === 2 && resolve()));
await etcd.client.put("app/config", '{ "workers": 8 }');
await etcd.client.put("app/config", '{ "workers": "many" }');
await etcd.client.put("app/config", '{ "workers": 2 }');
await twoMore;
console.log("changed to", changed.join(", "));
await config.close();
await etcd.stop();

// Prints:
// starts with 4
// kept the old one: workers must be a whole number
// changed to 8, 2
