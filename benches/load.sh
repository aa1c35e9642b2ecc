#!/usr/bin/env bash
# Many imports at once, and readers beside them: who succeeds, who is refused and why, and how long
# readers wait. See README.md beside this file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PORT=${BENCH_PORT:-8077}
PROFILE=${BENCH_PROFILE:-release}

die() { printf 'error: %s\n' "$*" >&2; exit 1; }
for tool in curl node; do
    command -v "$tool" >/dev/null || die "$tool is missing"
done
if [[ -n ${BENCH_POSTGRES_URL:-} ]]; then
    command -v psql >/dev/null || die "psql is missing"
fi

case $PROFILE in
    release) cargo build --release --locked --bin dialgraph; build=release ;;
    dev) cargo build --locked --bin dialgraph; build=debug ;;
    *) die "BENCH_PROFILE is release or dev, not $PROFILE" ;;
esac
dialgraph=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/$build/dialgraph

folder=$(mktemp -d)
service=
database=
finish() {
    trap - EXIT
    [[ -z $service ]] || kill "$service" 2>/dev/null || true
    wait
    [[ -z $database ]] || psql -Xq "$BENCH_POSTGRES_URL" -c "DROP DATABASE $database WITH (FORCE)"
    rm -rf "$folder"
}
trap finish EXIT

export JWT_SECRET_KEY=a-secret-of-the-benchmark-with-more-than-32-bytes
# All load comes from one caller, whose budget would soon be spent.
export QUERY_BUDGET=1000000000 QUERY_BUDGET_PER_SECOND=1000000000
TOKEN=$("$dialgraph" token --role admin --expires 24h)
export TOKEN

# measure NAME URL: a service on an empty database, and the load on it.
measure() {
    export DATABASE_URL=$2
    env -u GUANKE_USERNAME -u GUANKE_PASSWORD -u GUANKE_API_SECRET RUST_LOG=error \
        "$dialgraph" serve --port "$PORT" ${BENCH_CONNECTIONS:+--max-connections "$BENCH_CONNECTIONS"} \
        2>"$folder/service.log" &
    service=$!
    until curl -fso /dev/null "http://127.0.0.1:$PORT/readyz"; do
        kill -0 "$service" 2>/dev/null || { cat "$folder/service.log" >&2; die "the service does not start"; }
        sleep 0.1
    done
    echo "$1 ($PROFILE)"
    local status=0
    node benches/load.mjs "http://127.0.0.1:$PORT/graphql" || status=1
    kill "$service"
    wait "$service" || true
    service=
    "$dialgraph" rollups verify || status=1
    return $status
}

status=0
measure SQLite "sqlite://$folder/load.db" || status=1
if [[ -n ${BENCH_POSTGRES_URL:-} ]]; then
    database=dialgraph_bench_load_$$
    psql -Xq "$BENCH_POSTGRES_URL" -c "CREATE DATABASE $database"
    measure PostgreSQL "${BENCH_POSTGRES_URL%/*}/$database" || status=1
fi
exit $status
