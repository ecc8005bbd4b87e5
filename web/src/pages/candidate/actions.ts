import { type Candidate, changes } from "../../api/candidates.ts";
import { failureOf } from "../../api/failure.ts";
import { toast } from "../../parts/Toast.tsx";

/** Deletes a candidate, which can be taken back. */
export async function deleteCandidate(project: string, { id, name }: Candidate): Promise<void> {
  const change = changes(project);
  try {
    await change.delete([id]);
    toast(`Deleted “${name || id}”.`, () => void change.restore([id]));
  } catch (error) {
    toast(failureOf(error).message);
  }
}

export async function restoreCandidate(project: string, { id, name }: Candidate): Promise<void> {
  try {
    await changes(project).restore([id]);
    toast(`Restored “${name || id}”.`);
  } catch (error) {
    toast(failureOf(error).message);
  }
}
