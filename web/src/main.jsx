// GraphiQL as the service serves it: every file of it comes from the service itself.

import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./page.css";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { tabs } from "./examples.js";

/** What the service wants filled in: the demonstration gives its token, others nothing. */
async function defaults() {
  const response = await fetch(`${import.meta.env.BASE_URL}defaults.json`);
  return response.ok ? response.json() : {};
}

const url = new URL("/graphql", document.baseURI);
const subscriptionUrl = new URL("/graphql/ws", document.baseURI);
subscriptionUrl.protocol = subscriptionUrl.protocol.replace("http", "ws");

const { headers } = await defaults();
const text = headers && JSON.stringify(headers, null, 2);

// What stands in the editor of headers goes with every request, and into the `connection_init` of
// subscriptions: a browser lets no page set headers of a WebSocket.
const send = createGraphiQLFetcher({
  url: url.href,
  subscriptionUrl: subscriptionUrl.href,
});

/** GraphiQL asks for the schema before its editor of headers is there. */
function fetcher(parameters, options) {
  const isEarly = parameters.operationName === "IntrospectionQuery" && !options?.headers;
  return send(parameters, isEarly && headers ? { ...options, headers } : options);
}

// The token is not kept in the browser: no history, which would hold it, and no switch for it.
createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={[explorerPlugin()]}
    defaultTabs={tabs(text)}
    defaultHeaders={text}
    initialHeaders={text}
    defaultEditorToolsVisibility="headers"
    showPersistHeadersSettings={false}
  />,
);
