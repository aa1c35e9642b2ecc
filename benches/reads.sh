#!/usr/bin/env bash
# How fast the service answers three queries over 2,000,000 calls, beside hand-written SQL for the
# same JSON. See README.md beside this file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

CALLS=${BENCH_CALLS:-2000000}
TASKS=${BENCH_TASKS:-500}
PACKAGES=${BENCH_PACKAGES:-50}
ROUNDS=${BENCH_ROUNDS:-3}
SECONDS_EACH=${BENCH_SECONDS:-10}
WARM_UP=${BENCH_WARM_UP:-3}
CONNECTIONS=${BENCH_CONNECTIONS:-32}
POOL=${BENCH_POOL:-10}
PORT=${BENCH_PORT:-8077}
read -ra QUERIES <<<"${BENCH_QUERIES:-nested page point}"

die() { printf 'error: %s\n' "$*" >&2; exit 1; }
for tool in curl oha; do
    command -v "$tool" >/dev/null || die "$tool is missing (oha: cargo install oha --locked)"
done

cargo build --release --locked -p dialgraph -p dialgraph-bench-reads
target=${CARGO_TARGET_DIR:-target}
target=$(cd "$target" && pwd)
dialgraph=$target/release/dialgraph
bench=$target/release/dialgraph-bench-reads

folder=$(mktemp -d)
service=
floor=
finish() {
    trap - EXIT
    [[ -z $service ]] || kill "$service" 2>/dev/null || true
    [[ -z $floor ]] || kill "$floor" 2>/dev/null || true
    wait
    rm -rf "$folder"
}
trap finish EXIT

# --- the data ---

export DATABASE_URL=${BENCH_POSTGRES_URL:-sqlite://$target/bench-reads-$CALLS.db}
[[ -z ${BENCH_POSTGRES_URL:-} ]] || with_floor=1
"$bench" create
"$dialgraph" migrate up >"$folder/migrate.log" || { cat "$folder/migrate.log"; die "the database cannot be migrated"; }
if [[ $("$bench" generate --calls "$CALLS" --tasks "$TASKS" --packages "$PACKAGES") == new ]]; then
    "$dialgraph" rollups rebuild
fi
"$bench" analyze
"$bench" requests --queries benches/reads/queries --out "$folder"

# --- the servers ---

# Everything from here on stays on these processors, PostgreSQL's side of the connections too.
[[ -z ${BENCH_CPUS:-} ]] || taskset -cp "$BENCH_CPUS" $$ >/dev/null
pin_backends() {
    [[ -n ${BENCH_CPUS:-} && -n ${with_floor:-} ]] || return 0
    local pid
    while read -r pid; do
        taskset -cp "$BENCH_CPUS" "$pid" >/dev/null 2>&1 || true
    done < <("$bench" backends)
}

# All load comes from one caller, whose budget would soon be spent.
export QUERY_BUDGET=1000000000 QUERY_BUDGET_PER_SECOND=1000000000
export JWT_SECRET_KEY=a-secret-of-the-benchmark-with-more-than-32-bytes
authorization="Authorization: Bearer $("$dialgraph" token --role manager --expires 24h)"
address[0]=http://127.0.0.1:$PORT/graphql
address[1]=http://127.0.0.1:$((PORT + 1))

# wait_for URL PID LOG
wait_for() {
    local attempt
    for ((attempt = 0; attempt < 100; attempt++)); do
        ! curl -fso /dev/null "$1" || return 0
        kill -0 "$2" 2>/dev/null || break
        sleep 0.1
    done
    cat "$3" >&2
    die "no answer from $1"
}

# serve LOG FILTER POOL: the service without a platform, so that nothing is synchronised.
serve() {
    env -u GUANKE_USERNAME -u GUANKE_PASSWORD -u GUANKE_API_SECRET RUST_LOG="$2" \
        "$dialgraph" serve --no-migrate --port "$PORT" --max-connections "$3" 2>>"$1" &
    service=$!
    wait_for "http://127.0.0.1:$PORT/readyz" "$service" "$1"
}

# ask BODY: the service's answer.
ask() {
    curl -fsS "${address[0]}" -H "$authorization" -H 'Content-Type: application/json' --data-binary "$1"
}

# --- plans: no statement may read all calls ---

status=0
if [[ -n ${with_floor:-} && ${BENCH_EXPLAIN:-1} == 1 ]]; then
    echo "how PostgreSQL looks up calls, in 10 requests:"
    # One connection, and more than the five executions after which a plan may be kept.
    export PGOPTIONS="-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 -c auto_explain.log_level=notice"
    serve "$folder/plans.log" warn,sqlx::postgres::notice=info 2
    unset PGOPTIONS
    for query in "${QUERIES[@]}"; do
        : >"$folder/plans.log"
        for line in {1..10}; do
            body=$(sed -n "${line}p" "$folder/$query.bodies")
            ask "${body:-$(head -n 1 "$folder/$query.bodies")}" >/dev/null
        done
        echo "  $query"
        "$bench" plans "$folder/plans.log" || status=1
    done
    kill "$service"
    wait "$service" || true
fi

# --- equal answers ---

# Two thirds of the connections are for reading: as many as the floor has.
serve "$folder/service.log" warn,dialgraph::cli=error "$((POOL * 3 / 2))"
if [[ -n ${with_floor:-} ]]; then
    "$bench" floor --port "$((PORT + 1))" --max-connections "$POOL" 2>"$folder/floor.log" &
    floor=$!
    wait_for "${address[1]}/page" "$floor" "$folder/floor.log"
    for query in "${QUERIES[@]}"; do
        for line in 1 10 100 1000; do
            body=$(sed -n "${line}p" "$folder/$query.bodies")
            [[ -n $body ]] || continue
            ask "$body" >"$folder/left.json"
            curl -fsS "${address[1]}$(sed -n "${line}p" "$folder/$query.paths")" >"$folder/right.json"
            "$bench" compare "$folder/left.json" "$folder/right.json" || die "$query: dialgraph and the floor differ"
        done
        sed "s|^|${address[1]}|" "$folder/$query.paths" >"$folder/$query.urls"
    done
fi

# --- the measurement ---

# load SERVER QUERY SECONDS RESULT: oha waits for the answers under way before it ends.
load() {
    # Uncompressed: the floor does not compress.
    local arguments=(-z "$3s" -w --disable-compression -c "$CONNECTIONS" --no-tui --output-format json -o "$4")
    if [[ $1 == dialgraph ]]; then
        oha "${arguments[@]}" -m POST -H "$authorization" -T application/json -Z "$folder/$2.bodies" "${address[0]}"
    else
        oha "${arguments[@]}" --urls-from-file "$folder/$2.urls"
    fi
}

# ticks PID: hundredths of a second that the processors worked for a server and for PostgreSQL,
# whose processes are only found on this machine.
ticks() {
    local pid pids=("$1")
    [[ -z ${with_floor:-} ]] || mapfile -t -O 1 pids < <("$bench" backends)
    for pid in "${pids[@]}"; do
        [[ ! -r /proc/$pid/stat ]] || sed 's/.*) //' "/proc/$pid/stat"
    done | awk '{ sum += $12 + $13 } END { print sum }'
}

servers=(dialgraph)
[[ -z ${with_floor:-} ]] || servers+=(floor)
for ((round = 1; round <= ROUNDS; round++)); do
    for query in "${QUERIES[@]}"; do
        for server in "${servers[@]}"; do
            printf 'round %d of %d: %s, %s\n' "$round" "$ROUNDS" "$query" "$server" >&2
            load "$server" "$query" "$WARM_UP" "$folder/warm-up.json"
            pin_backends
            pid=$service
            [[ $server == dialgraph ]] || pid=$floor
            before=$(ticks "$pid")
            load "$server" "$query" "$SECONDS_EACH" "$folder/$server.$query.$round.json"
            echo $(($(ticks "$pid") - before)) >"$folder/$server.$query.$round.ticks"
        done
    done
done

resident=$(ps -o rss= -p "$service")
[[ ! -s $folder/service.log ]] || { echo "the service's log:" && tail -n 20 "$folder/service.log"; }
printf '%d calls, %d connections, %d s a run, medians of %d rounds\n' "$CALLS" "$CONNECTIONS" "$SECONDS_EACH" "$ROUNDS"
"$bench" report "$folder" --queries "${QUERIES[*]}" --rounds "$ROUNDS" --resident-kb "$((resident))" || status=1
((status == 0))
