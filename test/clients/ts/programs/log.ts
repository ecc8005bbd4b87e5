/** A program that logs 3,000 points to a run. Arguments: the tracking URI, and how the program goes on. */
import { createLoggia } from "../../../../clients/ts/src/node.ts";

const [, , baseUrl, then] = process.argv;
const loggia = createLoggia({ baseUrl, logger: { flushInterval: 60_000, leaveTimeout: 2_000 } });
const run = await loggia.startRun();
for (let step = 0; step < 3_000; step++) run.metric("loss", step, step);
console.log(run.id);

switch (then) {
  case "stay":
    setInterval(() => {}, 60_000);
    break;
  case "listen to SIGTERM":
    process.on("SIGTERM", async () => {
      run.metric("loss", 3_000, 3_000);
      await run.end("FAILED");
      process.exit(7);
    });
    setInterval(() => {}, 60_000);
    break;
  case "fail":
    process.exitCode = 3;
    break;
}
