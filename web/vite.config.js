import { defineConfig } from "vite";

export default defineConfig({
  // Where the service serves what is built; src/http/graphiql.rs.
  base: "/graphiql/",
  build: {
    target: "es2022",
    // The editor alone is larger than what is warned of.
    chunkSizeWarningLimit: 5_000,
    // Files of their own, so that images need no data: URL.
    assetsInlineLimit: 0,
    rolldownOptions: {
      // Libraries mark what servers must not render; there is no server that renders.
      onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning),
    },
  },
  // GraphiQL's workers import chunks.
  worker: { format: "es" },
});
