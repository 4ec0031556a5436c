/** A package as npm has it: one tarball with all of ours that it needs inside. */
export interface Product {
  /** Its folder in `packages/`. */
  readonly folder: string;
  /** What it exports, and the source of each: `.` is `src/<...>`. */
  readonly entries: Readonly<Record<string, string>>;
  readonly keywords: readonly string[];
  /** It brings the program, too. */
  readonly program?: true;
}

/** Where the project lives. */
export const HOME = "https://github.com/nodetcd/nodetcd";

const COMMON = ["etcd", "typescript"];

export const PRODUCTS: readonly Product[] = [
  {
    folder: "nodetcd",
    entries: { ".": "nodetcd" },
    keywords: [
      ...COMMON,
      "test",
      "in-memory",
      "embedded",
      "etcd3",
      "kubernetes",
      "key-value",
      "lock",
    ],
    program: true,
  },
  {
    folder: "client",
    entries: { ".": "client" },
    keywords: [
      ...COMMON,
      "client",
      "etcd3",
      "grpc",
      "lock",
      "leader-election",
      "service-discovery",
    ],
  },
  {
    folder: "bolt",
    entries: { ".": "bolt", "./inspect": "inspect/inspect" },
    keywords: [...COMMON, "bbolt", "boltdb", "key-value", "database", "storage-engine", "b-tree"],
  },
  {
    folder: "raft",
    entries: { ".": "raft" },
    keywords: [...COMMON, "raft", "consensus", "distributed", "replication"],
  },
];
