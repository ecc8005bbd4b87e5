import { changes, type Experiment } from "../../api/experiments.ts";
import { failureOf } from "../../api/failure.ts";
import { toast } from "../../parts/Toast.tsx";

/** Deletes an experiment, which can be taken back. */
export async function deleteExperiment(project: string, { id, name }: Experiment): Promise<void> {
  const change = changes(project);
  try {
    await change.delete(id);
    toast(`Deleted “${name}”.`, () => void change.restore(id));
  } catch (error) {
    toast(failureOf(error).message);
  }
}

export async function restoreExperiment(project: string, { id, name }: Experiment): Promise<void> {
  try {
    await changes(project).restore(id);
    toast(`Restored “${name}”.`);
  } catch (error) {
    toast(failureOf(error).message);
  }
}
