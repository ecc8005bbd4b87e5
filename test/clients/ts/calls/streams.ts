import { expect } from "vitest";
import { ExportService } from "../../../../gen/loggia/v1/export_pb.js";
import { IngestService } from "../../../../gen/loggia/v1/ingest_pb.js";
import { MetricService } from "../../../../gen/loggia/v1/metrics_pb.js";
import { WatchService } from "../../../../gen/loggia/v1/watch_pb.js";
import { type Call, call, duplex, stream } from "./call.ts";

const points = (step: bigint) => ({
  key: "bulk",
  steps: [step, step + 1n],
  timestamps: [1n, 2n],
  values: [1, 2],
});

/** Points in bulk, in and out. */
export const streamCalls: Call[] = [
  duplex(
    IngestService.method.ingest,
    ({ run }) => [
      {
        sequence: 1n,
        writes: [{ runId: run, metrics: [points(0n)] }],
        producer: { id: "interop", epoch: 1n },
      },
      { sequence: 5n, writes: [{ runId: "0".repeat(32), metrics: [points(0n)] }] },
      { sequence: 6n, writes: [{ runId: run, metrics: [points(2n)] }] },
    ],
    (answers) => {
      expect(answers.at(-1)?.durableSequence).toBe(6n);
      const refusals = answers.flatMap(({ refusals }) => refusals);
      expect(refusals).toMatchObject([{ sequence: 5n, error: { errorCode: 3002 } }]);
    },
  ),
  call(
    IngestService.method.ingestBatch,
    ({ run }) => ({
      sequence: 9n,
      writes: [{ runId: run, metrics: [points(4n)], tags: [{ key: "in", value: "bulk" }] }],
    }),
    ({ durableSequence, refusals }) => expect([durableSequence, refusals]).toEqual([9n, []]),
  ),
  call(
    IngestService.method.ingestBatch,
    ({ run }) => ({ writes: [{ runId: run, metrics: [{ ...points(0n), values: [1] }] }] }),
    "INVALID_PARAMETER_VALUE",
  ),
  call(
    MetricService.method.sampleHistory,
    ({ run }) => ({ runIds: [run], metricKeys: ["bulk"], buckets: 10 }),
    ({ histories }) => expect(histories[0]?.points.map(({ step }) => step)).toEqual([0n, 1n, 2n, 3n, 4n, 5n]),
  ),
  stream(
    WatchService.method.watch,
    ({ run }) => ({ runIds: [run], pointKeys: ["bulk"] }),
    (answers, { run }) => expect(answers[0]?.changes[0]?.runId).toBe(run),
  ),
  stream(
    ExportService.method.exportRuns,
    ({ experiment }) => ({ experimentIds: [experiment], columns: ["tags.in"] }),
    (answers, { run }) =>
      expect(answers.flatMap(({ runs }) => runs)).toMatchObject([
        { info: { runId: run }, data: { tags: [{ key: "in", value: "bulk" }] } },
      ]),
  ),
  stream(ExportService.method.exportRuns, () => ({ filter: "no filter" }), "INVALID_PARAMETER_VALUE"),
  stream(
    ExportService.method.exportMetricHistories,
    ({ run }) => ({ runIds: [run], metricKeys: ["bulk"] }),
    (answers) =>
      expect(answers.flatMap(({ parts }) => parts.flatMap(({ steps }) => steps))).toEqual([
        0n,
        1n,
        2n,
        3n,
        4n,
        5n,
      ]),
  ),
  stream(WatchService.method.watch, () => ({ runIds: ["0".repeat(32)] }), "RESOURCE_DOES_NOT_EXIST"),
];
