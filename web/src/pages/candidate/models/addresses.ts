import { printSearch, toAddress } from "../../../address.ts";

/** The page of a version of a registered model. */
export const versionAddress = (project: string, name: string, version: string): string =>
  toAddress(
    `/p/${encodeURIComponent(project)}/ml/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`,
  );

/** The page that registers what a run logged. @param path among its artifacts. */
export const registerAddress = (project: string, run: string, path: string): string =>
  `${toAddress(`/p/${encodeURIComponent(project)}/ml/models/new`)}${printSearch({ run, path })}`;
