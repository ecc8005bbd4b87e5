import { printSearch, toAddress } from "../../../address.ts";

/** The page of a registered model. */
export const modelAddress = (project: string, name: string): string =>
  toAddress(`/p/${encodeURIComponent(project)}/ml/models/${encodeURIComponent(name)}`);

/** The page that registers what a run logged. @param path among its artifacts. */
export const registerAddress = (project: string, run: string, path: string): string =>
  `${toAddress(`/p/${encodeURIComponent(project)}/ml/models/new`)}${printSearch({ run, path })}`;
