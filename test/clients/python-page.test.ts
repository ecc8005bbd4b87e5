import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { runPython } from "../support/python.ts";
import { testServer } from "../support/server.ts";

const server = await testServer();

test("the program of docs/python.md runs word by word with the oldest client and the newest", async () => {
  const page = await readFile(new URL("../../docs/python.md", import.meta.url), "utf8");
  const program = /^```python\n(.*?)^```$/ms.exec(page)?.[1] ?? "";
  for (const client of ["mlflow-1.28", "mlflow-3"] as const) {
    const { uri } = await server.project();
    const { status, output } = await runPython(client, { uri }, ["-c", program]);
    expect(status, output).toBe(0);
    expect(output.trim().split("\n")).toContain("True");
  }
});
