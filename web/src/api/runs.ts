import { queryOptions } from "@tanstack/react-query";
import {
  type Candidate as CandidateMessage,
  CandidateService,
} from "../../../gen/loggia/v1/candidates_pb.js";
import { type Candidate, toCandidate } from "./candidates.ts";
import { client } from "./transport.ts";

/** A run with all that it logged, and the experiment that it is of. */
export interface Run extends Candidate {
  experiment: { id: string; name: string };
}

/** Milliseconds between two looks at what still changes, while its page is seen. */
export const watching = 10_000;

export const isRunning = ({ status }: Pick<Candidate, "status">): boolean => status === "RUNNING";

/** By its run id, whichever experiment it is of. */
export const runQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["runs", project, id],
    async queryFn({ signal }): Promise<Run> {
      const { candidate, experimentName } = await client(CandidateService, project).getCandidate(
        { runId: id },
        { signal },
      );
      const found = candidate as CandidateMessage;
      return { ...toCandidate(found), experiment: { id: found.experimentId, name: experimentName } };
    },
    refetchInterval: ({ state }) => (state.data !== undefined && isRunning(state.data) ? watching : false),
  });
