// Subscribes with the npm clients graphql-ws and graphql-sse, and fails if a running service does not
// do what they expect:
//
//   TOKEN=$(dialgraph token --role manager) node subscriptions.js http://127.0.0.1:8080

import { createClient as createSseClient } from "graphql-sse";
import { createClient as createSocketClient } from "graphql-ws";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import WebSocket from "ws";

const service = process.argv[2] ?? "http://127.0.0.1:8080";
const authorization = `Bearer ${process.env.TOKEN ?? ""}`;

const sockets = (options = {}) =>
  createSocketClient({
    url: `${service.replace(/^http/, "ws")}/graphql/ws`,
    connectionParams: { Authorization: authorization },
    retryAttempts: 0,
    webSocketImpl: WebSocket,
    ...options,
  });
const events = (options = {}) =>
  createSseClient({
    url: `${service}/graphql/stream`,
    headers: { authorization },
    retryAttempts: 0,
    ...options,
  });

const ask = async (query) => {
  const response = await fetch(`${service}/graphql`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return (await response.json()).data;
};

// All that an operation gives.
const all = async (client, query) => {
  const results = [];
  for await (const result of client.iterate({ query })) results.push(result);
  return results;
};

for (const [name, client] of [
  ["graphql-ws", sockets()],
  ["graphql-sse", events()],
]) {
  test(`${name}: a query is answered once`, async () => {
    const results = await all(client, "{ __typename }");
    assert.deepEqual(
      results.map(({ data }) => data),
      [{ __typename: "Query" }],
    );
  });

  test(`${name}: a change of a day is told`, async () => {
    const told = client.iterate({ query: "subscription { statsUpdated { date } }" });
    const first = told.next();
    // The subscription is there once something is told.
    first.catch(() => {});
    let result;
    while (result === undefined) {
      const name = `subscriptions.js ${randomUUID()}`;
      const made = await ask(`mutation { createPackage(input: { name: "${name}" }) { package { id } } }`);
      const { id } = made.createPackage.package;
      await ask(`mutation { deletePackage(input: { id: "${id}" }) { deletedId } }`);
      result = await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 100))]);
    }
    assert.match(result.value.data.statsUpdated.date, /^\d{4}-\d\d-\d\d$/);
    await told.return();
  });
}

test("graphql-ws: a document that is refused is an error of its operation", async () => {
  await assert.rejects(all(sockets(), "{ nothing }"), (errors) => {
    assert.equal(errors[0].extensions.code, "BAD_USER_INPUT");
    return true;
  });
});

test("graphql-sse: a document that is refused is told as a result", async () => {
  const [result] = await all(events(), "{ nothing }");
  assert.equal(result.errors[0].extensions.code, "BAD_USER_INPUT");
});

test("graphql-ws: a token that is not valid closes the socket with 4403", async () => {
  const client = sockets({ connectionParams: { Authorization: "Bearer x" } });
  await assert.rejects(all(client, "{ __typename }"), { code: 4403 });
});

test("graphql-sse: a token that is not valid is refused with 401", async () => {
  const client = events({ headers: { authorization: "Bearer x" } });
  await assert.rejects(all(client, "{ __typename }"), ({ response }) => response.status === 401);
});
