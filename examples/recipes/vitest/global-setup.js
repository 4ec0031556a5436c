import { startEtcd } from "nodetcd";

/** One member for all test files, which run in processes of their own: they find it by its address. */
export default async function setup(project) {
  const etcd = await startEtcd();
  project.provide("etcd", etcd.endpoint);
  return () => etcd.stop();
}
