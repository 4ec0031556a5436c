import { describe, it } from "vitest";
import { realEtcdBinaries, startRealEtcd } from "./real-etcd.ts";
import { historySuite } from "./history-suite.ts";
import { keyspaceSuite } from "./keyspace-suite.ts";
import { ownershipSuite } from "./ownership-suite.ts";
import { clientSuite } from "./suite.ts";
import { watchSuite } from "./watch-suite.ts";

const binaries = realEtcdBinaries();

for (const { path, version } of binaries) {
  clientSuite(`real etcd ${version}`, () => startRealEtcd(path));
  ownershipSuite(`real etcd ${version}`, () => startRealEtcd(path));
  historySuite(`real etcd ${version}`, () => startRealEtcd(path));
  keyspaceSuite(`real etcd ${version}`, () => startRealEtcd(path));
  watchSuite(`real etcd ${version}`, () => startRealEtcd(path));
}

if (binaries.length === 0) describe("real etcd", () => it("is not installed", () => undefined));
