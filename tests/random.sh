#!/bin/sh
# The unit suite's random tests with TIMES times as many cases (default 10). A failure prints its SEED.
TIMES=${TIMES:-10} exec npx vitest run --project unit "$@" \
  packages/bolt/test/fuzz packages/bolt/test/history packages/lease/test/random-leases \
  packages/mvcc/test/key-table packages/mvcc/test/random-history packages/mvcc/test/real-file \
  packages/mvcc/test/watch-large packages/raft/test/schedules packages/server/test/storage-failure \
  tests/unit/simulation
