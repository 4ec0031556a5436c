#!/bin/sh
# The tests that wait for whole programs and clusters in real time (PROGRAMS in vitest.config.ts).
exec npx vitest run --project programs "$@"
