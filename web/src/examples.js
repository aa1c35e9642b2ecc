// The tabs that a first visit opens with.

import calls from "./examples/calls.graphql?raw";
import dashboard from "./examples/dashboard.graphql?raw";
import grades from "./examples/grades.graphql?raw";
import packages from "./examples/packages.graphql?raw";

const HOW_TO_GET_A_TOKEN = `# A query needs a token. Put it into the "Headers" tab below:
#
#   {"Authorization": "Bearer <token>"}
#
# and click "Re-fetch GraphQL schema" for documentation and
# completion. A token comes from POST /api/v1/auth/token with
# your name and password, from createAccessToken, or on the
# service's own machine from: dialgraph token --role analyst

`;

/** The examples with these headers, or with words on how to get a token where there are none. */
export function tabs(headers) {
  const introduction = headers ? "" : HOW_TO_GET_A_TOKEN;
  const queries = [introduction + dashboard, packages, calls, grades];
  return queries.map((query) => ({ query, headers }));
}
