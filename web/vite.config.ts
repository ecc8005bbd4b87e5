import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Rolldown } from "vite";
import { preloads } from "./preloads.ts";

/** The server that `npm run dev:web` asks; `LOGGIA_URL` names another. */
const server = process.env.LOGGIA_URL ?? "http://127.0.0.1:5000";

/** What is the server's, and not a page: RPCs by their service, REST and bytes by their prefix. */
const calls = ["^/(mlflow|loggia)\\.[\\w.]+/", "^/api/", "^/version$"];

/** What nearly every page has something of, or is so small that the request for it takes longer than its code. */
const mostlyWanted = new RegExp(
  [
    "web/src/(parts|format|design|shell)/(?!.*(Choice|Dialog|Menu|Panel|Rendered|Sheet|Table|WaitingRows|bytes|csv|json))",
    String.raw`web/src/(api/(experiments|tags|mlflow|changes)|table/(useW|w)indow|filter/quote)\.`,
    String.raw`web/src/(table/VirtualRows|pages/candidate/models/addresses|pages/(home/snippets|page))\.`,
    "@tanstack/query-core/",
  ].join("|"),
);

/** What dialogs alone want of a library that all pages have. */
const rarelyWanted = /@tanstack\/.*(mutationObserver|useMutation|useInfinite|infiniteQuery)/;

/** All that main.tsx imports, and what most pages do, is one file. */
const ofMain = (id: string, context: Rolldown.ChunkingContext) => {
  const main = fileURLToPath(new URL("src/main.tsx", import.meta.url));
  const found = new Set<string>([main]);
  for (const one of found) for (const next of context.getModuleInfo(one)?.importedIds ?? []) found.add(next);
  return (found.has(id) || mostlyWanted.test(id)) && !rarelyWanted.test(id) ? "main" : null;
};

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
            // Each request costs more than the few kB that some pages would do without. What asks for data begins by itself.
            { name: "first", tags: ["$initial"] },
            { name: ofMain, debugName: "main" },
            {
              name: "table",
              test: /web\/src\/parts\/(Table|WaitingRows)\./,
              includeDependenciesRecursively: false,
            },
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
