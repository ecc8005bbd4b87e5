import { defineConfig } from "vitest/config";

/** One project per kind of test; `npx vitest run --project api` runs one of them. */
const project = (name: string, options: { database: boolean; timeout?: number }) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    globalSetup: options.database ? ["test/support/cluster.ts"] : [],
    testTimeout: options.timeout ?? 30_000,
    hookTimeout: 120_000,
  },
});

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/closing-line.ts"],
    // Two cores serve the tests, the servers and Postgres.
    maxWorkers: 2,
    projects: [
      project("unit", { database: false }),
      project("store", { database: true }),
      project("artifacts", { database: true }),
      project("api", { database: true, timeout: 60_000 }),
      project("golden", { database: true, timeout: 300_000 }),
      project("clients", { database: true, timeout: 600_000 }),
      project("web", { database: true, timeout: 120_000 }),
    ],
  },
});
