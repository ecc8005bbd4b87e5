import type { ServiceImpl } from "@connectrpc/connect";
import type { IngestService } from "../../gen/loggia/v1/ingest_pb.js";
import { project } from "./context.ts";
import type { Deps } from "./deps.ts";
import { commit } from "./ingest-commit.ts";
import { acknowledge } from "./ingest-stream.ts";
import { readProducer, readWrites } from "./ingest-writes.ts";
import { allowPoints } from "./quotas.ts";

/** Logging over streams. Docs/streaming.md. */
export const ingest = ({ db }: Deps) =>
  ({
    ingest: (requests, ctx) => acknowledge(db, requests, ctx),

    async ingestBatch(req, ctx) {
      const producer = readProducer(req.producer);
      const writes = readWrites(ctx, req.sequence, req.writes);
      await allowPoints(
        db,
        project(ctx),
        writes.reduce((sum, { batch }) => sum + batch.metrics.length, 0),
      );
      const refusals = await commit(db, project(ctx), writes, producer);
      return { durableSequence: req.sequence, refusals };
    },
  }) satisfies Partial<ServiceImpl<typeof IngestService>>;
