import type { Interceptor, Transport } from "@connectrpc/connect";
import type { Settings } from "./settings.ts";

/** What Node and browsers do differently. */
export interface Platform {
  environment: Readonly<Record<string, string | undefined>>;
  /** The server's address where none is given. */
  baseUrl: string;
  connect(settings: Settings, interceptors: Interceptor[]): Connection;
  /** Tags that tell where a run comes from, as MLflow's clients set them. */
  sourceTags(): Record<string, string>;
  /**
   * Has live runs taken care of when the program or page is about to be gone.
   * @returns what takes that back.
   */
  beforeLeaving(runs: LeavingRuns): () => void;
}

export interface Connection {
  transport: Transport;
  /** Whether both sides of a stream can speak at once. */
  duplex: boolean;
  close(): void;
}

export interface LeavingRuns {
  /** Sends what has been logged; the runs go on. */
  flush(): Promise<void>;
  /** Sends what has been logged and ends the runs. Takes a few seconds at most, and never rejects. */
  end(status: "FINISHED" | "FAILED" | "KILLED"): Promise<void>;
}
