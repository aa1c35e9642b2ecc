#!/usr/bin/env bash
# How fast calls are taken in, beside bare upserts of the same rows into the same table. Arguments
# go to the program: see --help, and README.md beside this file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec cargo run --release --locked -q -p dialgraph-bench-writes -- "$@"
