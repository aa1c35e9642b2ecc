// Sends imports all at once, while readers ask one query after the other, and says what became of
// them. The exit status is 1 if an import failed in another way than by RATE_LIMITED, none did
// well, a read failed, or one read of a hundred took too long. Usage: TOKEN=… node load.mjs URL

import http from "node:http";
import { performance } from "node:perf_hooks";

const url = new URL(process.argv[2]);
const number = (name, fallback) => Number(process.env[name] ?? fallback);
const imports = number("BENCH_IMPORTS", 200);
const rows = number("BENCH_ROWS", 500);
const readers = number("BENCH_READERS", 8);
const days = number("BENCH_DAYS", 5);
const longestRead = number("BENCH_READ_P99", 200);

const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });

const send = (body) =>
  new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${process.env.TOKEN}`,
      "content-type": "application/json",
      "content-length": body.length,
    };
    const request = http.request(url, { method: "POST", agent, headers }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ status: response.statusCode, body: Buffer.concat(parts).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });

// What came of a request: "ok", or the code of its first error.
const ask = async (body) => {
  const begin = performance.now();
  let what;
  try {
    const answer = await send(body);
    const { data, errors } = JSON.parse(answer.body);
    const code = errors?.[0]?.extensions?.code;
    const refused = Object.values(data ?? {}).some((field) => field?.userErrors?.length > 0);
    what = code ?? (refused ? "userErrors" : "ok");
  } catch (error) {
    what = error.code ?? error.message;
  }
  return { what, took: performance.now() - begin };
};

const document = (query, variables) => Buffer.from(JSON.stringify({ query, variables }));

// Calls of the last days, of 20 tasks and 10 agents, so that imports meet in the same figures.
const importOf = (name) => {
  const now = Date.now();
  const row = (index) => ({
    externalId: `${name}-${index}`,
    callTime: new Date(now - 60_000 - ((index * 7919) % (days * 86_400)) * 1000).toISOString(),
    result: index % 3 === 0 ? "CONNECTED" : "NO_ANSWER",
    duration: index % 3 === 0 ? 30 + (index % 200) : 0,
    phoneNumber: `138${String(10_000_000 + ((name * rows + index) % 90_000_000))}`,
    taskExternalId: `task-${index % 20}`,
    taskName: `Task ${index % 20}`,
    agentExternalId: `agent-${index % 10}`,
    agentName: `Agent ${index % 10}`,
  });
  const query = "mutation($input: ImportCallsInput!) { importCalls(input: $input) { created invalid userErrors { code } } }";
  return document(query, { input: { rows: Array.from({ length: rows }, (_, index) => row(index)) } });
};

const QUERIES = [
  "{ calls(first: 20) { nodes { callTime result task { taskName } } } }",
  "{ tasks(first: 10) { nodes { taskName calls(first: 5) { nodes { callTime } } } } }",
  "{ dashboard { date today { calls } } }",
].map((query) => document(query));

const percentile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
const summary = (answers) => {
  const times = answers.map(({ took }) => took).sort((a, b) => a - b);
  const counts = {};
  for (const { what } of answers) counts[what] = (counts[what] ?? 0) + 1;
  const said = Object.entries(counts).map(([what, count]) => `${count} ${what}`).join(", ");
  const ms = (part) => `${percentile(times, part).toFixed(0)} ms`;
  return { counts, p99: percentile(times, 0.99), line: `${said}; p50 ${ms(0.5)}, p99 ${ms(0.99)}, longest ${ms(1)}` };
};

for (const query of QUERIES) {
  const { what } = await ask(query);
  if (what !== "ok") throw new Error(`a query does not work: ${what}: ${query}`);
}

const bodies = Array.from({ length: imports }, (_, name) => importOf(name));
const reads = [];
let isOver = false;
const read = async (offset) => {
  for (let turn = offset; !isOver; turn += 1) reads.push(await ask(QUERIES[turn % QUERIES.length]));
};
const reading = Array.from({ length: readers }, (_, index) => read(index));
const begin = performance.now();
const written = await Promise.all(bodies.map(ask));
const seconds = (performance.now() - begin) / 1000;
isOver = true;
await Promise.all(reading);

const imported = summary(written);
const rate = Math.round(((imported.counts.ok ?? 0) * rows) / seconds);
console.log(`  ${imports} imports of ${rows} rows at once: ${imported.line}; ${seconds.toFixed(1)} s, ${rate} rows/s`);
const answered = summary(reads);
if (readers > 0) console.log(`  ${reads.length} reads by ${readers} readers meanwhile: ${answered.line}`);
const odd = Object.keys(imported.counts).filter((what) => what !== "ok" && what !== "RATE_LIMITED");
const areReadsWell = readers === 0 || (Object.keys(answered.counts).join() === "ok" && answered.p99 < longestRead);
const isWell = odd.length === 0 && imported.counts.ok > 0 && areReadsWell;
process.exit(isWell ? 0 : 1);
