import type { ArtifactStore } from "./store.ts";

const batchSize = 1000;

/** A day: longer than any upload takes between its last byte and its row. */
export const orphanAge = 24 * 60 * 60 * 1000;

/**
 * Removes the objects that no artifact names: what a crash left between an object and its row, and replaced or deleted
 * objects whose removal failed.
 * @param named which of these objects some artifact names.
 * @param olderThan milliseconds; a younger object may still be waiting for its row.
 * @returns how many objects it removed.
 */
export async function sweepOrphans(
  artifacts: ArtifactStore,
  named: (objectIds: string[]) => Promise<Set<string>>,
  { olderThan = orphanAge, now = Date.now() }: { olderThan?: number; now?: number } = {},
): Promise<number> {
  let removed = 0;
  let batch: string[] = [];
  const sweep = async () => {
    const kept = await named(batch);
    const orphans = batch.filter((objectId) => !kept.has(objectId));
    await artifacts.delete(orphans);
    removed += orphans.length;
    batch = [];
  };
  for await (const { objectId, modified } of artifacts.list()) {
    if (now - modified.getTime() < olderThan) continue;
    if (batch.push(objectId) === batchSize) await sweep();
  }
  if (batch.length > 0) await sweep();
  return removed;
}

/**
 * Sweeps now and every `orphanAge`. A failure is told and ends nothing: the next round comes.
 * @returns what ends it.
 */
export function sweepDaily(
  artifacts: ArtifactStore,
  named: (objectIds: string[]) => Promise<Set<string>>,
  tell: { swept(count: number): void; failed(error: unknown): void },
): () => void {
  const sweep = () => sweepOrphans(artifacts, named).then(tell.swept, tell.failed);
  void sweep();
  const timer = setInterval(sweep, orphanAge).unref();
  return () => clearInterval(timer);
}
