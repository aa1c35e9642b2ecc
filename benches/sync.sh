#!/usr/bin/env bash
# How fast days of 28,719 records get from a simulated platform into the database: from one without
# latency, and from one that takes a second for each page, one page after the other and several at a
# time; what a refresh of today costs; and how much memory that takes. See README.md beside this file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo build --release --locked -p dialgraph
program=$PWD/target/release/dialgraph
folder=$(mktemp -d)
simulators=()
trap 'kill "${simulators[@]}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
export JWT_SECRET_KEY=a-secret-of-the-benchmark-with-more-than-32-bytes
export GUANKE_MAX_REQUESTS_PER_SECOND=1000

# platform NAME FLAGS...: starts a simulator, whose address goes to NAME.env.
platform() {
    local name=$1
    shift
    "$program" guanke-simulator --port 0 --days 8 --calls-per-day 28719 "$@" >"$name.env" &
    simulators+=($!)
    until grep -q '^#' "$name.env"; do sleep 0.1; done
}

# measure NAME DAYS-AGO: one day; time's format is seconds and kilobytes at most.
measure() {
    local day out
    day=$(TZ=Asia/Shanghai date -d "$2 days ago" +%F)
    out=$(/usr/bin/time -f '%e %M' "$program" sync --track call-records --from "$day" --to "$day" 2>&1)
    awk -v name="$1" '
        match($0, /[0-9]+ rows/) { rows = substr($0, RSTART, RLENGTH) + 0 }
        match($0, /[0-9]+ requests/) { requests = substr($0, RSTART, RLENGTH) + 0 }
        END {
            printf "%-44s %6.2f s  %6d rows  %7d rows/s  %3d requests  %4d MB\n",
                name, $1, rows, rows / $1, requests, $2 / 1024
        }' <<<"$out"
}

# weekdays: how many days ago the last working days were; the simulated call centre rests a little.
weekdays() {
    for ago in 1 2 3 4 5 6 7; do
        (($(TZ=Asia/Shanghai date -d "$ago days ago" +%u) < 6)) && echo "$ago"
    done
}
mapfile -t days < <(weekdays)

use() {
    set -a
    # shellcheck source=/dev/null
    . "./$1.env"
    set +a
}

platform quick
platform slow --latency 1s

use quick
export DATABASE_URL="sqlite://$folder/quick.db"
for day in "${days[@]:0:3}"; do measure "SQLite, new" "$day"; done
measure "SQLite, unchanged" "${days[0]}"
if [[ -n ${BENCH_POSTGRES_URL:-} ]]; then
    export DATABASE_URL=$BENCH_POSTGRES_URL
    for day in "${days[@]:0:3}"; do measure "PostgreSQL, new" "$day"; done
    measure "PostgreSQL, unchanged" "${days[0]}"
fi

use slow
export DATABASE_URL="sqlite://$folder/slow.db"
GUANKE_MAX_CONCURRENCY=1 SYNC_PAGE_CONCURRENCY=1 \
    measure "1 s a page, one after the other" "${days[2]}"
measure "1 s a page, 8 at once, days before known" "${days[0]}"
measure "1 s a page, 8 at once, read before" "${days[0]}"
export DATABASE_URL="sqlite://$folder/unknown.db"
measure "1 s a page, 8 at once, nothing known" "${days[0]}"

use quick
export DATABASE_URL="sqlite://$folder/quick.db"
measure "today, for the first time" 0
for _ in 1 2 3; do measure "today, refreshed" 0; done
