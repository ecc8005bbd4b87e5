import type { Plugin } from "vite";

/**
 * What a page is made of beside the code of every page, by the end of its address: src/http/web.ts names it in a header, so that a
 * browser fetches it beside that code, and not after having run it.
 */
const pages: readonly [address: string, ...modules: string[]][] = [
  ["^/$", "home/HomePage.tsx"],
  ["/-/ml/experiments$", "experiments/ExperimentsPage.tsx"],
  ["/-/ml/experiments/[^/]+$", "candidates/CandidatesPage.tsx"],
  ["/-/ml/candidates/[^/]+$", "candidate/CandidatePage.tsx", "candidate/Overview.tsx"],
  ["/-/ml/compare$", "compare/ComparePage.tsx"],
];

/** Writes preloads.json beside the document: `[address, files]` for each of the pages. */
export const preloads: Plugin = {
  name: "preloads",
  apply: "build",
  generateBundle(_options, bundle) {
    const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
    const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
    const withImports = (name: string, found = new Set<string>()): Set<string> => {
      if (!found.has(name)) {
        found.add(name);
        for (const one of byName.get(name)?.imports ?? []) withImports(one, found);
      }
      return found;
    };
    const ofEvery = new Set(
      chunks.filter(({ isEntry }) => isEntry).flatMap(({ fileName }) => [...withImports(fileName)]),
    );
    const found = pages.map(([address, ...modules]) => {
      const files = modules.flatMap((module) => {
        const chunk = chunks.find(({ moduleIds }) =>
          moduleIds.some((id) => id.endsWith(`/src/pages/${module}`)),
        );
        if (chunk === undefined) throw new Error(`No chunk holds ${module}.`);
        return [...withImports(chunk.fileName)];
      });
      return [address, [...new Set(files)].filter((file) => !ofEvery.has(file)).map((file) => `/${file}`)];
    });
    this.emitFile({ type: "asset", fileName: "preloads.json", source: JSON.stringify(found) });
  },
};
