// Asks a running service through Apollo Client with automatic persisted queries, over POST and over
// GET, and fails if one of its answers is wrong, or if a query that is known is sent in full again:
//
//   TOKEN=$(dialgraph token --role admin) node apollo.js http://127.0.0.1:8080/graphql

import { createHash } from "node:crypto";

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";

const uri = new URL("/graphql", process.argv[2] ?? "http://127.0.0.1:8080").href;
const authorization = `Bearer ${process.env.TOKEN ?? ""}`;
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const failures = [];

/** What the client of this kind sends, in words: the method, and whether the text is in it. */
async function sentBy(useGETForHashedQueries, operation) {
  const sent = [];
  const http = new HttpLink({
    uri,
    headers: { authorization },
    fetch: (address, options) => {
      const url = new URL(address);
      const body = options.body ? JSON.parse(options.body) : Object.fromEntries(url.searchParams);
      sent.push(`${options.method} ${body.query ? "text" : "hash"}`);
      return fetch(address, options);
    },
  });
  const persisted = new PersistedQueryLink({ sha256, useGETForHashedQueries });
  const client = new ApolloClient({
    link: ApolloLink.from([persisted, http]),
    cache: new InMemoryCache(),
    defaultOptions: { query: { fetchPolicy: "no-cache" } },
  });
  const { data } = await operation(client);
  if (!data) {
    failures.push("an answer has no data");
  }
  return sent.join(", ");
}

function expect(what, found, wanted) {
  console.log(`${what}: ${found}`);
  if (found !== wanted) {
    failures.push(`${what}: ${wanted} was expected`);
  }
}

// A name that no run before this one used.
const name = `Packages${Date.now()}`;
const query = gql(`query ${name}($first: Int) { packages(first: $first) { totalCount } }`);
const ask = (client) => client.query({ query, variables: { first: 1 } });
const mutation = gql`
  mutation Nothing {
    removeCallTags(input: { callId: "Q2FsbDow", tags: [] }) {
      userErrors {
        code
      }
    }
  }
`;
const change = (client) => client.mutate({ mutation });

expect("a new query", await sentBy(false, ask), "POST hash, POST text");
expect("a known query", await sentBy(false, ask), "POST hash");
expect("a known query over GET", await sentBy(true, ask), "GET hash");
expect("a change", await sentBy(true, change), "POST hash, POST text");
expect("the same change", await sentBy(true, change), "POST hash, POST text");
console.log(failures.join("\n"));
process.exitCode = failures.length === 0 ? 0 : 1;
