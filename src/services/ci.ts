import type { ServiceImpl } from "@connectrpc/connect";
import type { CiService } from "../../gen/loggia/v1/ci_pb.js";
import { ciJobs } from "./ci-jobs.ts";
import { ciSetup } from "./ci-setup.ts";
import { ciTrusts } from "./ci-trusts.ts";
import type { Deps } from "./deps.ts";

/** CI: which job made a run, and whose jobs a project trusts. */
export const ci = (deps: Pick<Deps, "db" | "ci">) =>
  ({ ...ciJobs(deps), ...ciTrusts(deps), ...ciSetup(deps) }) satisfies Partial<ServiceImpl<typeof CiService>>;
