/**
 * The links that MLflow's clients print lead to MLflow's pages: `<tracking URI>/#/experiments/1/runs/<id>`. Here they lead to
 * ours. A tracking URI of a project is sent on to its experiments by the server, the bare one is the default project's.
 */

const inProject = /^\/(.+?)\/-\/ml\/experiments$/;

const links: [RegExp, (...parts: string[]) => string][] = [
  [/^#\/experiments\/\d+\/runs\/(\w+)/, (run) => `candidates/${run}`],
  [/^#\/experiments\/(\d+)/, (experiment) => `experiments/${experiment}`],
  [/^#\/models\/([^/?]+)\/versions\/(\d+)/, (model, version) => `models/${model}/versions/${version}`],
  [/^#\/models\/([^/?]+)/, (model) => `models/${model}`],
];

/** Where a link of MLflow leads here; undefined when it is none. */
export function pageOfMlflowLink({ pathname, hash }: { pathname: string; hash: string }): string | undefined {
  const project = pathname === "/" ? "default" : inProject.exec(pathname)?.[1];
  if (project === undefined) return undefined;
  for (const [pattern, page] of links) {
    const found = pattern.exec(hash);
    if (found !== null) return `/${project}/-/ml/${page(...found.slice(1))}`;
  }
  return undefined;
}
