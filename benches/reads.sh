#!/usr/bin/env bash
# How fast the service answers six queries over 2,000,000 calls, beside hand-written SQL for the same
# JSON and, if that is wanted, PostGraphile. See README.md beside this file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

CALLS=${BENCH_CALLS:-2000000}
TASKS=${BENCH_TASKS:-500}
PACKAGES=${BENCH_PACKAGES:-50}
ROUNDS=${BENCH_ROUNDS:-5}
SECONDS_EACH=${BENCH_SECONDS:-10}
WARM_UP=${BENCH_WARM_UP:-3}
CONNECTIONS=${BENCH_CONNECTIONS:-32}
POOL=${BENCH_POOL:-10}
PORT=${BENCH_PORT:-8077}
read -ra QUERIES <<<"${BENCH_QUERIES:-nested page point dashboard gradeStats trend}"

die() { printf 'error: %s\n' "$*" >&2; exit 1; }
for tool in curl oha; do
    command -v "$tool" >/dev/null || die "$tool is missing (oha: cargo install oha --locked)"
done
if [[ ${BENCH_POSTGRAPHILE:-0} == 1 ]]; then
    [[ -n ${BENCH_POSTGRES_URL:-} ]] || die "BENCH_POSTGRAPHILE=1 needs BENCH_POSTGRES_URL: PostGraphile is for PostgreSQL"
    command -v npm >/dev/null || die "npm is missing"
fi
((ROUNDS >= 5)) || echo "$ROUNDS rounds: with fewer than 5, chance decides much" >&2

cargo build --release --locked -p dialgraph -p dialgraph-bench-reads
target=${CARGO_TARGET_DIR:-target}
target=$(cd "$target" && pwd)
dialgraph=$target/release/dialgraph
bench=$target/release/dialgraph-bench-reads

folder=$(mktemp -d)
# The servers that run, by name: their process ids.
declare -A running=()
finish() {
    trap - EXIT
    ((${#running[@]} == 0)) || kill "${running[@]}" 2>/dev/null || true
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

# --- the processors ---

# expand 0-2,5: the numbers, one a line.
expand() {
    local part
    for part in ${1//,/ }; do seq "${part%-*}" "${part#*-}"; done
}
# together NUMBER…: as a list for taskset.
together() { local IFS=,; echo "$*"; }

server_cpus= database_cpus= load_cpus=
if command -v taskset >/dev/null; then
    allowed=$(taskset -cp $$)
    mapfile -t cpus < <(expand "${BENCH_CPUS:-${allowed##*: }}")
    if ((${#cpus[@]} >= 4)); then
        quarter=$((${#cpus[@]} / 4))
        load_cpus=$(together "${cpus[@]:0:quarter}")
        database_cpus=$(together "${cpus[@]:quarter:quarter}")
        server_cpus=$(together "${cpus[@]:2*quarter}")
    elif [[ -n ${BENCH_CPUS:-} ]]; then
        server_cpus=$BENCH_CPUS database_cpus=$BENCH_CPUS load_cpus=$BENCH_CPUS
    fi
elif [[ -n ${BENCH_CPUS:-} ]]; then
    die "BENCH_CPUS needs taskset (util-linux)"
fi
on_servers=() on_load=()
if [[ -n $server_cpus ]]; then
    on_servers=(taskset -c "$server_cpus")
    on_load=(taskset -c "$load_cpus")
fi
# PostgreSQL's side of the connections that there are; others come while a server warms up.
pin_backends() {
    [[ -n $database_cpus && -n ${with_floor:-} ]] || return 0
    local pid
    while read -r pid; do
        taskset -cp "$database_cpus" "$pid" >/dev/null 2>&1 || true
    done < <("$bench" backends)
}

# --- the servers ---

# All load comes from one caller, whose budget would soon be spent.
export QUERY_BUDGET=1000000000 QUERY_BUDGET_PER_SECOND=1000000000
export JWT_SECRET_KEY=a-secret-of-the-benchmark-with-more-than-32-bytes
authorization="Authorization: Bearer $("$dialgraph" token --role manager --expires 24h)"
json="Content-Type: application/json"
service=http://127.0.0.1:$PORT/graphql
floor=http://127.0.0.1:$((PORT + 1))
postgraphile=http://127.0.0.1:$((PORT + 2))/graphql

# wait_for SERVER URL LOG [ARGUMENT…]: until it answers; with these arguments of curl.
wait_for() {
    local attempt
    for ((attempt = 0; attempt < 300; attempt++)); do
        ! curl -fso /dev/null "${@:4}" "$2" || return 0
        kill -0 "${running[$1]}" 2>/dev/null || break
        sleep 0.1
    done
    cat "$3" >&2
    die "no answer from $2"
}

# serve LOG FILTER POOL: the service without a platform, so that nothing is synchronised.
serve() {
    env -u GUANKE_USERNAME -u GUANKE_PASSWORD -u GUANKE_API_SECRET RUST_LOG="$2" \
        "${on_servers[@]}" "$dialgraph" serve --no-migrate --port "$PORT" --max-connections "$3" 2>>"$1" &
    running[dialgraph]=$!
    wait_for dialgraph "http://127.0.0.1:$PORT/readyz" "$1"
}

# ask BODY: the service's answer.
ask() {
    curl -fsS "$service" -H "$authorization" -H "$json" --data-binary "$1"
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
    kill "${running[dialgraph]}"
    wait "${running[dialgraph]}" || true
fi

# --- equal answers ---

# Two thirds of the connections are for reading: as many as the floor has.
serve "$folder/service.log" warn,dialgraph::cli=error "$((POOL * 3 / 2))"
if [[ -n ${with_floor:-} ]]; then
    "${on_servers[@]}" "$bench" floor --port "$((PORT + 1))" --max-connections "$POOL" 2>"$folder/floor.log" &
    running[floor]=$!
    wait_for floor "$floor/page" "$folder/floor.log"
fi
for query in "${QUERIES[@]}"; do
    for line in 1 10 100 1000; do
        body=$(sed -n "${line}p" "$folder/$query.bodies")
        [[ -n $body ]] || continue
        ask "$body" >"$folder/left.json"
        # Alone, it is at least an answer without errors.
        [[ -n ${with_floor:-} ]] || cp "$folder/left.json" "$folder/right.json"
        [[ -z ${with_floor:-} ]] || curl -fsS "$floor$(sed -n "${line}p" "$folder/$query.paths")" >"$folder/right.json"
        "$bench" compare "$folder/left.json" "$folder/right.json" || die "$query: no answer, or another one than the floor's"
    done
    sed "s|^|$floor|" "$folder/$query.paths" >"$folder/$query.urls"
done
if [[ ${BENCH_POSTGRAPHILE:-0} == 1 ]]; then
    npm install --silent --no-save --prefix "$target/postgraphile" postgraphile@4.14.1
    "${on_servers[@]}" node "$target/postgraphile/node_modules/.bin/postgraphile" --connection "$DATABASE_URL" \
        --schema public --port "$((PORT + 2))" --max-pool-size "$POOL" --disable-query-log --disable-graphiql \
        >"$folder/postgraphile.log" 2>&1 &
    running[postgraphile]=$!
    wait_for postgraphile "$postgraphile" "$folder/postgraphile.log" -H "$json" -d '{"query": "{ __typename }"}'
    # Its answers have another shape; that they are some is known of the first ones.
    for bodies in "$folder"/*.postgraphile; do
        head -n 1 "$bodies" | curl -fsS "$postgraphile" -H "$json" --data-binary @- >"$folder/left.json"
        "$bench" compare "$folder/left.json" "$folder/left.json" || die "PostGraphile does not answer ${bodies##*/}"
    done
fi

# --- the measurement ---

# load SERVER QUERY SECONDS RESULT: oha waits for the answers under way before it ends.
load() {
    # Uncompressed: the floor does not compress.
    local arguments=(-z "$3s" -w --disable-compression -c "$CONNECTIONS" --no-tui --output-format json -o "$4")
    case $1 in
        dialgraph) arguments+=(-m POST -H "$authorization" -T application/json -Z "$folder/$2.bodies" "$service") ;;
        postgraphile) arguments+=(-m POST -T application/json -Z "$folder/$2.postgraphile" "$postgraphile") ;;
        floor) arguments+=(--urls-from-file "$folder/$2.urls") ;;
    esac
    "${on_load[@]}" oha "${arguments[@]}"
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
[[ ${BENCH_POSTGRAPHILE:-0} != 1 ]] || servers+=(postgraphile)
for ((round = 1; round <= ROUNDS; round++)); do
    for query in "${QUERIES[@]}"; do
        for server in "${servers[@]}"; do
            [[ $server != postgraphile || -e $folder/$query.postgraphile ]] || continue
            printf 'round %d of %d: %s, %s\n' "$round" "$ROUNDS" "$query" "$server" >&2
            load "$server" "$query" "$WARM_UP" "$folder/warm-up.json"
            pin_backends
            before=$(ticks "${running[$server]}")
            load "$server" "$query" "$SECONDS_EACH" "$folder/$server.$query.$round.json"
            echo $(($(ticks "${running[$server]}") - before)) >"$folder/$server.$query.$round.ticks"
        done
    done
done

resident=$(ps -o rss= -p "${running[dialgraph]}")
[[ ! -s $folder/service.log ]] || { echo "the service's log:" && tail -n 20 "$folder/service.log"; }
printf '%d calls, %d connections, %d s a run, %d rounds\n' "$CALLS" "$CONNECTIONS" "$SECONDS_EACH" "$ROUNDS"
if [[ -n $server_cpus ]]; then
    echo "processors: servers $server_cpus, PostgreSQL $database_cpus, load $load_cpus"
else
    echo "processors: not pinned, as there are fewer than 4 or no taskset"
fi
if [[ -n ${with_floor:-} ]]; then
    echo "connections to PostgreSQL:"
    "$bench" tls | sed 's/^/  /'
fi
"$bench" report "$folder" --queries "${QUERIES[*]}" --rounds "$ROUNDS" --resident-kb "$((resident))" || status=1
((status == 0))
