#!/usr/bin/env bash
# How fast a day of 28,719 records gets from a simulated platform without latency into the database,
# and how much memory that takes. See README.md beside this file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo build --release --locked
program=$PWD/target/release/dialgraph
folder=$(mktemp -d)
trap 'kill "${simulator:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"

"$program" guanke-simulator --port 0 --days 6 --calls-per-day 28719 >platform.env &
simulator=$!
until grep -q '^#' platform.env; do sleep 0.1; done
set -a
. ./platform.env
set +a
export JWT_SECRET_KEY=a-secret-of-the-benchmark-with-more-than-32-bytes

# measure NAME DAYS-AGO: one day; time's format is seconds and kilobytes at most.
measure() {
    local day out
    day=$(TZ=Asia/Shanghai date -d "$2 days ago" +%F)
    out=$(/usr/bin/time -f '%e %M' "$program" sync --track call-records --from "$day" --to "$day" 2>&1 | tail -n 1)
    awk -v name="$1" -v n=28719 '{ printf "%-22s %6.2f s  %7d records/s  %4d MB\n", name, $1, n / $1, $2 / 1024 }' <<<"$out"
}

export DATABASE_URL="sqlite://$folder/bench.db"
for days in 1 2 3; do measure "SQLite, new" $days; done
measure "SQLite, unchanged" 1
if [[ -n ${BENCH_POSTGRES_URL:-} ]]; then
    export DATABASE_URL=$BENCH_POSTGRES_URL
    for days in 1 2 3; do measure "PostgreSQL, new" $days; done
    measure "PostgreSQL, unchanged" 1
fi
