import { expect } from "vitest";
import { CandidateService } from "../../../../gen/loggia/v1/candidates_pb.js";
import { ExperimentService } from "../../../../gen/loggia/v1/experiments_pb.js";
import { SessionService } from "../../../../gen/loggia/v1/sessions_pb.js";
import { type Call, call } from "./call.ts";

const { method } = CandidateService;

/** What pages ask for beyond MLflow's calls, of the run and the experiment that those have made. */
export const pageCalls: Call[] = [
  call(
    ExperimentService.method.listExperiments,
    () => ({ orderBy: "name desc" }),
    ({ experiments }) => expect(experiments.map(({ name }) => name)).toEqual(["renamed", "Default"]),
  ),
  call(
    ExperimentService.method.getExperiment,
    ({ experiment }) => ({ experimentId: experiment }),
    ({ experiment }) => expect(experiment).toMatchObject({ name: "renamed", candidateCount: 1n }),
  ),
  call(ExperimentService.method.getExperiment, () => ({ experimentId: "999" }), "RESOURCE_DOES_NOT_EXIST"),
  call(
    method.searchCandidates,
    ({ experiment }) => ({ experimentIds: [experiment], paramKeys: ["rate"], countLimit: 10 }),
    ({ candidates, count }, { run }) => {
      expect(candidates).toMatchObject([{ runId: run, params: [{ key: "rate", value: "0.1" }] }]);
      expect(count).toBe(1n);
    },
  ),
  call(
    method.searchCandidates,
    ({ experiment }) => ({ experimentIds: [experiment], filter: "no filter" }),
    "INVALID_PARAMETER_VALUE",
  ),
  call(
    method.getCandidate,
    ({ run }) => ({ runId: run }),
    ({ experimentName, candidate }) => expect([experimentName, candidate?.name]).toEqual(["renamed", "one"]),
  ),
  call(
    method.getCandidates,
    ({ run }) => ({ runIds: [run] }),
    ({ experiments, candidates }) =>
      expect([experiments[0]?.name, candidates[0]?.name]).toEqual(["renamed", "one"]),
  ),
  call(
    method.listChildren,
    ({ run }) => ({ runId: run }),
    ({ children }) => expect(children).toEqual([]),
  ),
  call(
    method.listColumns,
    ({ experiment }) => ({ experimentIds: [experiment], search: "rat" }),
    ({ params }) => expect(params).toMatchObject([{ key: "rate", runCount: 1 }]),
  ),
  call(
    method.listValues,
    ({ experiment }) => ({ experimentIds: [experiment], kind: "param", key: "rate" }),
    ({ values }) => expect(values).toEqual(["0.1"]),
  ),
  call(
    method.tagCandidates,
    ({ run }) => ({ runIds: [run], key: "seen", value: "yes" }),
    () => {},
  ),
  call(
    method.deleteCandidates,
    ({ run }) => ({ runIds: [run] }),
    ({ changedCount }) => expect(changedCount).toBe(1),
  ),
  call(
    method.restoreCandidates,
    ({ run }) => ({ runIds: [run] }),
    ({ changedCount }) => expect(changedCount).toBe(1),
  ),
  call(
    SessionService.method.getViewer,
    () => ({}),
    ({ viewer }) => expect(viewer).toMatchObject({ kind: "token", isAdministrator: true }),
  ),
  call(
    SessionService.method.signIn,
    () => ({}),
    ({ viewer }) => expect(viewer?.isUser).toBe(true),
  ),
  call(
    SessionService.method.signOut,
    () => ({}),
    () => {},
  ),
];
