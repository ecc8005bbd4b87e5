import type { Migration } from "kysely/migration";
import * as initial from "./0001_initial.ts";
import * as modelRegistry from "./0002_model_registry.ts";
import * as loggedModels from "./0003_logged_models.ts";
import * as artifactGarbage from "./0004_artifact_garbage.ts";
import * as modelVersionLocation from "./0005_model_version_location.ts";
import * as metricBuckets from "./0006_metric_buckets.ts";
import * as tenancy from "./0007_tenancy.ts";
import * as rowSecurity from "./0008_row_security.ts";
import * as ci from "./0009_ci.ts";
import * as purge from "./0010_purge.ts";
import * as caseFolding from "./0011_case.ts";
import * as tokensRequired from "./0012_tokens_required.ts";
import * as settledMetrics from "./0013_settled_metrics.ts";
import * as pages from "./0015_pages.ts";
import * as ingestProducers from "./0017_ingest_producers.ts";
import * as runsByStatus from "./0018_runs_by_status.ts";
import * as writtenRuns from "./0019_written_runs.ts";
import * as countMovedRuns from "./0020_count_moved_runs.ts";
import * as runsByEnd from "./0021_runs_by_end.ts";
import * as insertPoints from "./0022_insert_points.ts";

/** Every migration, in order. Applied ones never change: a new one is added below (expand first, contract a release later). */
export const migrations: Record<string, Migration> = {
  "0001_initial": initial,
  "0002_model_registry": modelRegistry,
  "0003_logged_models": loggedModels,
  "0004_artifact_garbage": artifactGarbage,
  "0005_model_version_location": modelVersionLocation,
  "0006_metric_buckets": metricBuckets,
  "0007_tenancy": tenancy,
  "0008_row_security": rowSecurity,
  "0009_ci": ci,
  "0010_purge": purge,
  "0011_case": caseFolding,
  "0012_tokens_required": tokensRequired,
  "0013_settled_metrics": settledMetrics,
  "0015_pages": pages,
  "0017_ingest_producers": ingestProducers,
  "0018_runs_by_status": runsByStatus,
  "0019_written_runs": writtenRuns,
  "0020_count_moved_runs": countMovedRuns,
  "0021_runs_by_end": runsByEnd,
  "0022_insert_points": insertPoints,
};
