/** Milliseconds for which a project that was found is not looked up again, and how many are remembered. */
const fresh = 10_000;
const most = 10_000;

/**
 * Looks projects up once and remembers those it finds for ten seconds, since every call names one. Calls that ask at the same
 * time share a query. A project that was not found is looked up again, so a new one is there at once.
 */
export function rememberedProjects(
  find: (reference: string) => Promise<bigint | undefined>,
): (reference: string) => Promise<bigint | undefined> {
  const known = new Map<string, { project: Promise<bigint | undefined>; until: number }>();
  return (reference) => {
    const now = performance.now();
    const remembered = known.get(reference);
    if (remembered !== undefined && remembered.until > now) return remembered.project;
    const project = find(reference);
    const entry = { project, until: now + fresh };
    known.delete(reference);
    known.set(reference, entry);
    const [oldest] = known.keys();
    if (known.size > most && oldest !== undefined) known.delete(oldest);
    const forget = () => {
      if (known.get(reference) === entry) known.delete(reference);
    };
    project.then((id) => id ?? forget(), forget);
    return project;
  };
}
