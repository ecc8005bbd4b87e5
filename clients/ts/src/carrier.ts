import type { Batch, BatchLimits } from "./items.ts";

/** A way to bring batches to the server. */
export interface Carrier {
  readonly limits: BatchLimits;
  /**
   * Resolved once the batch is stored for good. The next batch of the same run is sent after that.
   * @throws LoggiaError; of a temporary one nobody knows whether the batch is stored: it is sent again, which changes nothing
   * if it was.
   */
  deliver(batch: Batch, signal: AbortSignal): Promise<void>;
  /** Nothing is coming soon: keeps nothing open that would keep the process alive. */
  rest(): void;
}
