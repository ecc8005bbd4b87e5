import { Code, ConnectError } from "@connectrpc/connect";
import { queryOptions } from "@tanstack/react-query";
import { CandidateService } from "../../../gen/loggia/v1/candidates_pb.js";
import { type Candidate, toCandidate } from "./candidates.ts";
import { client } from "./transport.ts";

/** A run with all that it logged, and the experiment that it is of. */
export interface Run extends Candidate {
  experiment: { id: string; name: string };
}

/** Milliseconds between two looks at what still changes, while its page is seen. */
export const watching = 10_000;

export const isRunning = ({ status }: Pick<Candidate, "status">): boolean => status === "RUNNING";

/** As many are asked for by one call. */
const mostAtOnce = 100;

/** What is asked for in one turn is one call: its ids, by project, and what will be its answer. */
const gathered = new Map<string, { ids: Set<string>; answer: Promise<ReadonlyMap<string, Run>> }>();

function findRuns(project: string, id: string): Promise<ReadonlyMap<string, Run>> {
  const open = gathered.get(project);
  if (open !== undefined && open.ids.size < mostAtOnce) {
    open.ids.add(id);
    return open.answer;
  }
  const ids = new Set([id]);
  const answer = Promise.resolve().then(() => {
    if (gathered.get(project)?.ids === ids) gathered.delete(project);
    return fetchRuns(project, [...ids]);
  });
  gathered.set(project, { ids, answer });
  return answer;
}

async function fetchRuns(project: string, runIds: string[]): Promise<ReadonlyMap<string, Run>> {
  const { candidates, experiments } = await client(CandidateService, project).getCandidates({ runIds });
  const names = new Map(experiments.map(({ experimentId, name }) => [experimentId, name]));
  return new Map(
    candidates.map((found) => {
      const experiment = { id: found.experimentId, name: names.get(found.experimentId) ?? "" };
      return [found.runId, { ...toCandidate(found), experiment }];
    }),
  );
}

/** By its run id, whichever experiment it is of. */
export const runQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["runs", project, id],
    async queryFn(): Promise<Run> {
      const found = (await findRuns(project, id)).get(id);
      if (found === undefined) throw new ConnectError(`Run with id=${id} not found`, Code.NotFound);
      return found;
    },
    refetchInterval: ({ state }) => (state.data !== undefined && isRunning(state.data) ? watching : false),
  });
