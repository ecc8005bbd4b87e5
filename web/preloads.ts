import type { Plugin } from "vite";

/**
 * What a page is made of beside the code of every page, by the end of its address; the last is any page. src/http/web.ts names it in
 * a header, so that a browser fetches all at once, and not one after having run the other.
 */
const pages: readonly [address: string, ...modules: string[]][] = [
  ["^/$", "home/HomePage.tsx"],
  ["/-/ml/experiments$", "experiments/ExperimentsPage.tsx"],
  ["/-/ml/experiments/[^/]+$", "candidates/CandidatesPage.tsx"],
  ["/-/ml/candidates/[^/]+$", "candidate/CandidatePage.tsx"],
  ["/-/ml/compare$", "compare/ComparePage.tsx"],
  [""],
];

/** What draws every page. */
const main = "main.tsx";

/**
 * Writes preloads.json beside the document: `[address, files]` for each of the pages, in the order in which they are wanted: what
 * asks for data, the styles, for which scripts wait, what draws, the page.
 */
export const preloads: Plugin = {
  name: "preloads",
  apply: "build",
  // After the styles are a file.
  enforce: "post",
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
    const first = chunks
      .filter(({ isEntry }) => isEntry)
      .flatMap(({ fileName }) => [...withImports(fileName)]);
    const styles = Object.keys(bundle).filter((file) => file.endsWith(".css"));
    const found = pages.map(([address, ...modules]) => {
      const files = [main, ...modules.map((module) => `pages/${module}`)].flatMap((module) => {
        const chunk = chunks.find(({ moduleIds }) => moduleIds.some((id) => id.endsWith(`/src/${module}`)));
        if (chunk === undefined) throw new Error(`No chunk holds ${module}.`);
        return [...withImports(chunk.fileName)];
      });
      return [address, [...new Set([...first, ...styles, ...files])].map((file) => `/${file}`)];
    });
    this.emitFile({ type: "asset", fileName: "preloads.json", source: JSON.stringify(found) });
  },
};
