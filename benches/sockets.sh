#!/usr/bin/env bash
# What idle subscribers cost: memory of the service, and SQL statements of its database. See
# README.md beside this file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

SOCKETS=${BENCH_SOCKETS:-10000}
SECONDS_IDLE=${BENCH_SECONDS:-60}
PORT=${BENCH_PORT:-8077}

die() { printf 'error: %s\n' "$*" >&2; exit 1; }
for tool in curl node npm psql; do
    command -v "$tool" >/dev/null || die "$tool is missing"
done
[[ -n ${BENCH_POSTGRES_URL:-} ]] || die "BENCH_POSTGRES_URL is not set: the URL of a database"
ulimit -n "$(ulimit -Hn)"
(($(ulimit -n) > SOCKETS + 200)) || die "ulimit -n is $(ulimit -n): each socket takes a file descriptor"

cargo build --release --locked
target=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)
dialgraph=$target/release/dialgraph
[[ -d tests/clients/node_modules ]] || npm --prefix tests/clients ci >/dev/null

folder=$(mktemp -d)
service=
clients=
finish() {
    trap - EXIT
    [[ -z $clients ]] || kill "$clients" 2>/dev/null || true
    [[ -z $service ]] || kill "$service" 2>/dev/null || true
    wait
    rm -rf "$folder"
}
trap finish EXIT

export DATABASE_URL=$BENCH_POSTGRES_URL
export JWT_SECRET_KEY=a-secret-of-the-benchmark-with-more-than-32-bytes
TOKEN=$("$dialgraph" token --role manager --expires 24h)
export TOKEN
# All sockets have one caller.
env -u GUANKE_USERNAME -u GUANKE_PASSWORD -u GUANKE_API_SECRET RUST_LOG=warn \
    "$dialgraph" serve --port "$PORT" --max-streams-per-caller "$SOCKETS" 2>"$folder/service.log" &
service=$!
until curl -fso /dev/null "http://127.0.0.1:$PORT/readyz"; do
    kill -0 "$service" 2>/dev/null || { cat "$folder/service.log" >&2; die "the service does not start"; }
    sleep 0.1
done

database=${BENCH_POSTGRES_URL##*/}
# From another database, so that asking is not counted. Statistics are a second late.
transactions() {
    sleep 2
    psql -XAtq "${BENCH_POSTGRES_URL%/*}/postgres" \
        -c "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = '${database%%\?*}'"
}
resident() { ps -o rss= -p "$service"; }
ticks() { sed 's/.*) //' "/proc/$service/stat" | awk '{ print $12 + $13 }'; }

empty=$(resident)
node tests/clients/idle.js "http://127.0.0.1:$PORT" "$SOCKETS" >"$folder/clients.log" &
clients=$!
until grep -q open "$folder/clients.log"; do
    kill -0 "$clients" 2>/dev/null || { cat "$folder/service.log" >&2; die "the sockets do not open"; }
    sleep 0.2
done
before=$(transactions)
worked=$(ticks)
sleep "$SECONDS_IDLE"
worked=$(($(ticks) - worked))
during=$(($(transactions) - before))
full=$(resident)

# One change of a day, which all of them are told.
before=$(transactions)
curl -fsS "http://127.0.0.1:$PORT/graphql" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
    -d '{"query": "mutation { createPackage(input: { name: \"sockets.sh\" }) { package { id } } }"}' >/dev/null
until grep -q "told $SOCKETS," "$folder/clients.log"; do
    kill -0 "$clients" 2>/dev/null || die "the sockets were not told"
    sleep 0.2
done
told=$(($(transactions) - before))

awk -v n="$SOCKETS" -v s="$SECONDS_IDLE" -v empty="$empty" -v full="$full" -v idle="$during" -v told="$told" -v worked="$worked" 'BEGIN {
    printf "%d idle subscribers, %d s\n", n, s
    printf "  resident memory   %6.1f MB without them, %.1f MB with them: %.1f kB each\n", empty / 1024, full / 1024, (full - empty) / n
    printf "  transactions      %6.2f a second (%d in all)\n", idle / (s + 2), idle
    printf "  processor         %6.2f %% of one\n", worked / s
    printf "one change of a day, told to all: %d transactions in all\n", told
}'
