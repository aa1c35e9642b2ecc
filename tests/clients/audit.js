// Runs the audits of the GraphQL-over-HTTP specification (MUST, SHOULD and MAY) against a running
// service, and fails if one of them does:
//
//   TOKEN=$(dialgraph token --role admin) node audit.js http://127.0.0.1:8080/graphql

import { serverAudits } from "graphql-http";

const url = new URL("/graphql", process.argv[2] ?? "http://127.0.0.1:8080").href;
const authorization = `Bearer ${process.env.TOKEN ?? ""}`;
const fetchFn = (address, options = {}) =>
  fetch(address, { ...options, headers: { ...options.headers, authorization } });

const passed = {};
const failures = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const level = audit.name.split(" ")[0];
  const result = await audit.fn();
  passed[level] ??= [0, 0];
  passed[level][1] += 1;
  if (result.status === "ok") {
    passed[level][0] += 1;
  } else {
    failures.push(`${audit.id} ${audit.name}: ${result.reason}`);
  }
}
for (const [level, [ok, all]] of Object.entries(passed)) {
  console.log(`${level} ${ok}/${all}`);
}
console.log(failures.join("\n"));
process.exitCode = failures.length === 0 ? 0 : 1;
