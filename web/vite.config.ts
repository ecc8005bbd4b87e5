import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { preloads } from "./preloads.ts";

/** The server that `npm run dev:web` asks; `LOGGIA_URL` names another. */
const server = process.env.LOGGIA_URL ?? "http://127.0.0.1:5000";

/** What is the server's, and not a page: RPCs by their service, REST and bytes by their prefix. */
const calls = ["^/(mlflow|loggia)\\.[\\w.]+/", "^/api/", "^/version$"];

/** What nearly every page has something of. */
const mostlyWanted = new RegExp(
  [
    String.raw`web/src/(parts|format|design|shell)/(?!.*(Dialog|Choice|Menu|Panel|Rendered|Sheet))`,
    String.raw`web/src/(api/(experiments|tags|mlflow|changes)|table/(useW|w)indow|filter/quote)\.`,
    String.raw`web/src/pages/(home/snippets|experiments/actions|page\.module)`,
    "experiments_pb|use(Mutation|Queries)|@tanstack/query-core",
  ].join("|"),
);

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react(), preloads],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // Browsers with light-dark(), :has() and nesting; nothing is written twice for older ones.
    target: ["chrome125", "firefox128", "safari18"],
    // A data: URL would need the policy of the pages opened for it.
    assetsInlineLimit: 0,
    // 12 kB for all pages, in one request beside the code.
    cssCodeSplit: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Each request costs more than the few kB that some pages would do without.
            { name: "main", tags: ["$initial"] },
            { name: "shared", test: mostlyWanted, minShareCount: 2, includeDependenciesRecursively: false },
            {
              name: "charts",
              test: /web\/src\/(charts\/|api\/histories)/,
              minShareCount: 2,
              includeDependenciesRecursively: false,
            },
            { name: "watch", test: /api\/(watch|liveCandidates)\.|watch_pb|mlflow\/service_pb/ },
          ],
        },
      },
    },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(calls.map((path) => [path, { target: server }])),
  },
});
