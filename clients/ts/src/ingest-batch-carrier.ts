import type { Client } from "@connectrpc/connect";
import type { Carrier } from "./carrier.ts";
import type { IngestService } from "./gen/loggia/v1/ingest_pb.js";
import { randomId } from "./random-id.ts";
import { ingestLimits, refusalError, toRunWrites } from "./run-writes.ts";

/**
 * Batches by one unary call each: for browsers, and wherever else both sides of a stream cannot speak at once. Each run is a
 * producer of its own, since runs do not wait for each other.
 */
export function ingestBatchCarrier(ingest: Client<typeof IngestService>): Carrier {
  const id = randomId();
  let epoch = 0n;
  return {
    limits: ingestLimits,
    rest() {},
    async deliver(batch, signal) {
      const producer = { id: `${batch.runId.slice(-12)}-${id}`, epoch: ++epoch };
      const { refusals } = await ingest.ingestBatch({ writes: [toRunWrites(batch)], producer }, { signal });
      const [refusal] = refusals;
      if (refusal !== undefined) throw refusalError(refusal);
    },
  };
}
