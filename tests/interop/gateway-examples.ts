/** Requests at the JSON gateway in an order in which both servers come to the same revisions. Zm9v is foo, YmFy bar. */
export interface Example {
  /** Behind `/v3/`. */
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Patterns by name; what a group finds in the answer stands for `$name` in later requests. */
  readonly keep?: Readonly<Record<string, string>>;
}

const all = (...rows: readonly (readonly [string, string?])[]): Example[] =>
  rows.map(([path, body = ""]) => ({ path, body }));

const withToken = (...rows: readonly (readonly [string, string?])[]): Example[] =>
  all(...rows).map((row) => ({ ...row, headers: { Authorization: "$token" } }));

const KEYS: readonly Example[] = all(
  ["kv/put", '{"key":"Zm9v","value":"YmFy"}'],
  ["kv/range", '{"key":"Zm9v"}'],
  ["kv/range"],
  ["kv/range", '{"key":"bm9uZQ=="}'],
  ["kv/range", '{"key":"Zm9v","range_end":"Zm9w","countOnly":true}'],
  ["kv/range", '{"key":"AA==","range_end":"AA==","limit":"1"}'],
  ["kv/range", '{"key":"Zm9v","keys_only":true}'],
  ["kv/range", '{"key":"Zm9v","revision":"100"}'],
  ["kv/range", '{"key":"Zm9v","revision":"-1"}'],
  ["kv/range", '{"key":"Zm9v","limit":-1}'],
  ["kv/range", '{"key":"Zm9v","sort_order":"FOO"}'],
  ["kv/range", '{"key":"Zm9v","sort_order":7}'],
  ["kv/range", '{"Key":"Zm9v"}'],
  ["kv/range", '{"key":"Zm9w","range_end":"Zm9v"}'],
  ["kv/put", '{"key":"Zm9v","value":"PDw_Pj4_"}'],
  ["kv/range", '{"key":"Zm9v"}'],
  ["kv/put", '{"key":"YQ=="}'],
  ["kv/put", '{"key":"YQ==","prev_kv":true}'],
  ["kv/put", '{"key":"YQ==","lease":"99"}'],
  ["kv/put", '{"value":"MQ=="}'],
  ["kv/put", '{"key":"YQ==","value":"eA==","ignore_value":true}'],
  ["kv/put", '{"key":"bmV3","ignore_value":true}'],
  ["kv/deleterange", '{"key":"YQ==","prev_kv":true}'],
  ["kv/deleterange", '{"key":"YQ=="}'],
  ["kv/txn", "{}"],
  ["kv/txn"],
  [
    "kv/txn",
    '{"compare":[{"key":"Zm9v","target":"VERSION","result":"GREATER","version":"0"}],"success":[{"request_range":{"key":"Zm9v"}},{"requestPut":{"key":"Zm9v","value":"YmF6"}}]}',
  ],
  ["kv/txn", '{"compare":[{"key":"Zm9v","target":"CREATE","create_revision":"0"}]}'],
  [
    "kv/txn",
    '{"success":[{"request_txn":{"success":[{"request_put":{"key":"Yg==","value":"MQ=="}},{"request_delete_range":{"key":"bm9uZQ=="}}]}}]}',
  ],
  ["kv/txn", '{"compare":[{}]}'],
  ["kv/txn", '{"success":[{}]}'],
  ["kv/txn", '{"success":[{"request_range":null}]}'],
  ["kv/txn", '{"success":[{"request_put":{"key":"YQ=="}},{"request_put":{"key":"YQ=="}}]}'],
  ["kv/compaction", '{"revision":"3"}'],
  ["kv/compaction", '{"revision":"3"}'],
  ["kv/compaction"],
  ["kv/compaction", '{"revision":"999"}'],
  ["kv/range", '{"key":"Zm9v","revision":"2"}'],
  ["kv/rangestream", '{"key":"Zm9v"}'],
  ["kv/range", '{"key":"Zm9v"}garbage'],
  ["kv/range", " \n"],
  ["kv/range", "null"],
);

const LEASES: readonly Example[] = all(
  ["lease/grant", '{"TTL":500,"ID":777}'],
  ["lease/grant", '{"TTL":500,"ID":777}'],
  ["lease/grant", "{}"],
  ["lease/grant", '{"TTL":"9000000001"}'],
  ["lease/grant", '{"TTL":60,"ID":-5}'],
  ["kv/put", '{"key":"bA==","lease":777}'],
  ["lease/timetolive", '{"ID":777,"keys":true}'],
  ["kv/lease/timetolive", '{"ID":"778"}'],
  ["lease/keepalive", '{"ID":777}{"ID":778}'],
  ["lease/keepalive"],
  ["lease/revoke", '{"ID":"777"}'],
  ["lease/revoke", '{"ID":"777"}'],
  ["kv/lease/revoke", "{}"],
);

const CLUSTER: readonly Example[] = [
  { path: "cluster/member/list", body: "{}", keep: { member: '"ID":"(\\d+)"' } },
  ...all(
    ["cluster/member/add", "{}"],
    ["cluster/member/add", '{"peerURLs":["bad"]}'],
    ["cluster/member/remove", '{"ID":"1"}'],
    ["cluster/member/update", '{"ID":"1","peerURLs":["http://127.0.0.1:1"]}'],
    ["cluster/member/promote", '{"ID":"1"}'],
    ["maintenance/status"],
    ["maintenance/alarm", '{"action":"ACTIVATE","memberID":"$member","alarm":"NOSPACE"}'],
    ["maintenance/status"],
    ["maintenance/alarm", "{}"],
    ["kv/put", '{"key":"YQ=="}'],
    ["maintenance/alarm", '{"action":"DEACTIVATE","memberID":"$member","alarm":"NOSPACE"}'],
    ["maintenance/defragment"],
    ["maintenance/hash"],
    ["maintenance/hashkv"],
    ["maintenance/transfer-leadership", '{"targetID":"1"}'],
    ["maintenance/downgrade", '{"action":"VALIDATE","version":"3.6"}'],
    ["maintenance/downgrade", '{"action":"VALIDATE","version":"3.5"}'],
    ["maintenance/downgrade", '{"action":"VALIDATE","version":"x"}'],
    ["maintenance/downgrade", '{"action":"CANCEL"}'],
  ),
];

const RECIPES: readonly Example[] = [
  ...all(
    ["lease/grant", '{"TTL":500,"ID":11}'],
    ["lock/lock", '{"name":"bXky","lease":"11"}'],
    ["lock/lock", '{"name":"bXky","lease":"404"}'],
  ),
  { path: "lock/lock", body: '{"name":"bXky","lease":"11"}' },
  ...all(
    ["lease/grant", '{"TTL":500,"ID":12}'],
    ["lock/unlock", "{}"],
    ["lock/unlock", '{"key":"bm9uZQ=="}'],
    ["election/leader", '{"name":"ZWw="}'],
  ),
  {
    path: "lock/lock",
    body: '{"name":"bXky","lease":"12"}',
    headers: { "Grpc-Timeout": "500m" },
  },
  {
    path: "election/campaign",
    body: '{"name":"ZWw=","lease":"11","value":"MQ=="}',
    keep: { leader: '"leader": ?(\\{.*\\})\\}' },
  },
  ...all(
    ["election/leader", '{"name":"ZWw="}'],
    ["election/proclaim", '{"leader":$leader,"value":"Mg=="}'],
    ["election/proclaim", "{}"],
    ["election/resign", '{"leader":$leader}'],
    ["election/proclaim", '{"leader":$leader,"value":"Mg=="}'],
  ),
];

const USERS: readonly Example[] = [
  ...all(
    ["auth/status"],
    ["auth/enable"],
    ["auth/authenticate", '{"name":"root","password":"r"}'],
    ["auth/user/add", '{"name":"root","password":"r"}'],
    ["auth/user/add", '{"name":"root","password":"r"}'],
    ["auth/role/add", '{"name":"root"}'],
    ["auth/role/add", '{"name":"r"}'],
    ["auth/role/grant", '{"name":"r","perm":{"permType":"READ","key":"YQ=="}}'],
    ["auth/role/get", '{"role":"r"}'],
    ["auth/role/revoke", '{"role":"r","key":"YQ=="}'],
    ["auth/user/grant", '{"user":"root","role":"root"}'],
    ["auth/user/changepw", '{"name":"root","password":"q"}'],
    ["auth/enable"],
    ["kv/range", '{"key":"YQ=="}'],
    ["maintenance/snapshot"],
    ["auth/authenticate", '{"name":"root","password":"wrong"}'],
  ),
  { path: "kv/range", body: '{"key":"YQ=="}', headers: { Authorization: "bad" } },
  {
    path: "auth/authenticate",
    body: '{"name":"root","password":"q"}',
    keep: { token: '"token": ?"([^"]*)"' },
  },
  ...withToken(
    ["auth/status"],
    ["auth/user/get", '{"name":"root"}'],
    ["auth/user/list"],
    ["auth/role/list"],
    ["auth/role/get", '{"role":"root"}'],
    ["kv/range", '{"key":"YQ=="}'],
    ["auth/user/revoke", '{"name":"root","role":"r"}'],
    ["auth/role/delete", '{"role":"r"}'],
    ["auth/user/delete", '{"name":"nobody"}'],
  ),
  {
    path: "kv/range",
    body: '{"key":"YQ=="}',
    headers: { Authorization: "Bearer $token" },
  },
  {
    path: "kv/range",
    body: '{"key":"YQ=="}',
    headers: { Authorization: "bearer $token" },
  },
  { path: "kv/range", body: '{"key":"YQ=="}', headers: { "Grpc-Metadata-Token": "$token" } },
  { path: "kv/range", body: '{"key":"YQ=="}', headers: { Token: "$token" } },
  ...withToken(["auth/disable"]),
];

const HEADERS: readonly Example[] = ["1n", "-1S", "0S", "5", "5x", "zzz", "10S"].map((time) => ({
  path: "kv/range",
  body: '{"key":"Zm9v"}',
  headers: { "Grpc-Timeout": time },
}));

const OTHERS: readonly Example[] = [
  { path: "kv/range", body: "{}", headers: { "Grpc-Metadata-Foo-Bin": "?" } },
  {
    path: "kv/range",
    body: "{}",
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      "X-HTTP-Method-Override": "GET",
    },
  },
  ...all(
    ["kv/Range"],
    ["kv/range/"],
    ["kv/range:x"],
    ["./kv/range"],
    ["/kv/range"],
    ["kv/%72ange"],
  ),
];

export const EXAMPLES: readonly Example[] = [
  ...KEYS,
  ...LEASES,
  ...CLUSTER,
  ...RECIPES,
  ...USERS,
  ...HEADERS,
  ...OTHERS,
];

/** Requests of streams, and how many lines of the answer are compared; default: all. */
export const STREAMS: readonly { path: string; body: string; lines?: number }[] = [
  { path: "watch", body: '{"create_request":{"key":"YQ=="}}', lines: 1 },
  { path: "watch", body: '{"create_request":{"key":"YQ==","range_end":"YQ=="}}', lines: 1 },
  { path: "watch", body: '{"create_request":{"key":"Zm9v","start_revision":"4"}}', lines: 2 },
  { path: "watch", body: '{"create_request":{"key":"Zm9v","start_revision":"1"}}', lines: 2 },
  {
    path: "watch",
    body: '{"create_request":{"key":"YQ=="}}{"cancel_request":{"watch_id":"0"}}',
    lines: 2,
  },
  { path: "maintenance/snapshot", body: "{", lines: 1 },
  { path: "election/observe", body: "[]" },
  { path: "lease/keepalive", body: '{"ID":"777"}\n{}' },
];
