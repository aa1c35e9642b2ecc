// The schema, held to what @graphql-eslint recommends and to what Relay wants.
import graphql from '@graphql-eslint/eslint-plugin'

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: './schema.graphql' } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      // Figures and answers are values: nothing to look up again by an id.
      '@graphql-eslint/strict-id-in-types': 'off',
      // Lists of values, and `nodes` beside `edges`, as GitHub's API has them; and distinct tags, days
      // and records of changes have no id to be found by.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],
      // `callTime`, `tagName`: the words of the call centre.
      '@graphql-eslint/no-typename-prefix': 'off',
    },
  },
]
