import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The server that `npm run dev:web` asks; `LOGGIA_URL` names another. */
const server = process.env.LOGGIA_URL ?? "http://127.0.0.1:5000";

/** What is the server's, and not a page: RPCs by their service, REST and bytes by their prefix. */
const calls = ["^/(mlflow|loggia)\\.[\\w.]+/", "^/api/", "^/version$"];

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // Browsers with light-dark(), :has() and nesting; nothing is written twice for older ones.
    target: ["chrome125", "firefox128", "safari18"],
    // A data: URL would need the policy of the pages opened for it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(calls.map((path) => [path, { target: server }])),
  },
});
