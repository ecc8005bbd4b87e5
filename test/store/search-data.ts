import fc from "fast-check";
import type { NumberOp, RunCondition, RunOrder, TextOp } from "../../src/search/ast.ts";
import type { Database } from "../../src/store/database.ts";

export type ExperimentStage = "active" | "deleted";

/** A run as the model of search knows it. */
export interface ModelRun {
  id: string;
  experiment: bigint;
  stage: ExperimentStage;
  user: string;
  status: "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";
  startTime: bigint;
  endTime: bigint | undefined;
  metrics: Record<string, number>;
  params: Record<string, string>;
  tags: Record<string, string>;
}

// Few values, so that there are ties and hits; each has been somebody's bug.
const numbers = [
  -1.5,
  -0,
  0,
  1,
  2,
  1e308,
  Number.NaN,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];
const longest = "x".repeat(1000);
const texts = [
  "",
  "1",
  "10",
  "2",
  "a",
  "A",
  "é",
  "É",
  "a%b",
  "a_b",
  "\\",
  "\u{ffff}",
  "\u{1f600}",
  longest,
  `${longest}y`,
  `${longest}z`,
];
const patterns = ["%", "_", "a%", "%b", "a\\%b", "a\\_%", "A_B", "É", "\\\\", "x%y", "%x", "1%", ""];
const keys = ["a", "b", "c"];

const sometimes = <T>(value: fc.Arbitrary<T>) =>
  fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3, noNullPrototype: true });

export const modelRuns = fc
  .array(
    fc.record({
      experiment: fc.constantFrom(0n, 0n, 0n, 0n, 1n, 2n),
      stage: fc.constantFrom<ExperimentStage>("active", "active", "active", "deleted"),
      user: fc.constantFrom("", "ann", "Ann"),
      status: fc.constantFrom<ModelRun["status"]>("RUNNING", "FINISHED", "FAILED"),
      startTime: fc.constantFrom(-5n, 0n, 0n, 7n, 9_000_000_000_000_000_000n),
      endTime: fc.constantFrom(undefined, 1n, 2n),
      metrics: sometimes(fc.constantFrom(...numbers)),
      params: sometimes(fc.constantFrom(...texts)),
      tags: fc
        .tuple(sometimes(fc.constantFrom(...texts)), fc.constantFrom(undefined, "a", "b"))
        .map(([tags, name]) => (name === undefined ? tags : { ...tags, "mlflow.runName": name })),
      id: fc.integer({ min: 0, max: 0xff_ff_ff }).map((n) => n.toString(16).padStart(32, "0")),
    }),
    { maxLength: 40, size: "max" },
  )
  .map((runs): ModelRun[] => [...new Map(runs.map((run) => [run.id, run])).values()]);

const numberOp = fc.constantFrom<NumberOp>("=", "!=", ">", ">=", "<", "<=");
const textTest = fc.oneof(
  fc.record({ op: fc.constantFrom<TextOp>("=", "!="), value: fc.constantFrom(...texts) }),
  fc.record({ op: fc.constantFrom<TextOp>("LIKE", "ILIKE"), value: fc.constantFrom(...patterns) }),
);
const key = fc.constantFrom(...keys);
const kind = fc.constantFrom<"param" | "tag">("param", "tag");
const runId = fc.integer({ min: 0, max: 0xff_ff_ff }).map((n) => n.toString(16).padStart(32, "0"));

export const modelCondition: fc.Arbitrary<RunCondition> = fc.oneof(
  fc.record({
    kind: fc.constant("metric" as const),
    key,
    op: numberOp,
    value: fc.constantFrom(...numbers.filter((number) => !Number.isNaN(number))),
  }),
  fc.tuple(kind, key, textTest).map(([kind, key, test]) => ({ kind, key, ...test })),
  fc.record({ kind, key, op: fc.constantFrom("IS NULL" as const, "IS NOT NULL" as const) }),
  fc
    .tuple(fc.constantFrom("status" as const, "user_id" as const, "run_name" as const), textTest)
    .map(([key, test]) => ({ kind: "attribute" as const, type: "text" as const, key, ...test })),
  fc.record({
    kind: fc.constant("attribute" as const),
    type: fc.constant("integer" as const),
    key: fc.constantFrom("start_time" as const, "end_time" as const, "duration" as const),
    op: numberOp,
    value: fc.constantFrom(0n, 1n, 7n),
  }),
  fc.record({
    kind: fc.constant("attribute" as const),
    type: fc.constant("list" as const),
    key: fc.constant("run_id" as const),
    op: fc.constantFrom("IN" as const, "NOT IN" as const),
    values: fc.array(fc.oneof(runId, fc.constant("no id")), { minLength: 1, maxLength: 3 }),
  }),
);

export const modelOrder: fc.Arbitrary<RunOrder> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("metric" as const, "param" as const, "tag" as const),
      key,
      ascending: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("attribute" as const),
      key: fc.constantFrom(
        "start_time" as const,
        "end_time" as const,
        "duration" as const,
        "user_id" as const,
        "status" as const,
        "run_id" as const,
        "run_name" as const,
      ),
      ascending: fc.boolean(),
    }),
  },
);

const isSettled = (runKey: bigint, key: string) => (runKey * 7n + BigInt(key.charCodeAt(0))) % 5n > 1n;

/** Puts the runs into a project, and the three experiments they belong to. */
export async function insertRuns(
  db: Database,
  project: bigint,
  runs: readonly ModelRun[],
  firstKey = 1n,
): Promise<void> {
  await db
    .insertInto("experiments")
    .values(
      [1n, 2n].map((id) => ({
        project_id: project,
        experiment_id: id,
        name: `e${id}`,
        artifact_location: "",
        creation_time: 0n,
        last_update_time: 0n,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const keyed = runs.map((run, i) => ({
    run,
    shared: { project_id: project, run_key: firstKey + BigInt(i), experiment_id: run.experiment },
  }));
  if (keyed.length === 0) return;
  await db
    .insertInto("runs")
    .values(
      keyed.map(({ run, shared }) => ({
        ...shared,
        run_id: run.id,
        user_id: run.user,
        status: run.status,
        start_time: run.startTime,
        end_time: run.endTime ?? null,
        lifecycle_stage: run.stage,
        artifact_uri: `mlflow-artifacts:/${run.experiment}/${run.id}/artifacts`,
      })),
    )
    .execute();
  const logged = <T>(of: "metrics" | "params" | "tags") =>
    keyed.flatMap(({ run, shared }) =>
      Object.entries(run[of]).map(([key, value]) => ({ ...shared, key, value: value as T })),
    );
  // Some are being logged (src/store/settled-metrics.ts), which must make no difference.
  const metrics = logged<number>("metrics").map((row) => ({
    ...row,
    step: 0n,
    timestamp: 0n,
    settled_value: isSettled(row.run_key, row.key) ? row.value : null,
  }));
  if (metrics.length > 0) await db.insertInto("latest_metrics").values(metrics).execute();
  for (const table of ["params", "tags"] as const) {
    const rows = logged<string>(table);
    if (rows.length > 0) await db.insertInto(table).values(rows).execute();
  }
}
