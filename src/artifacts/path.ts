import { invalid } from "../errors.ts";

const mostBytes = 1024;
const mostSegmentBytes = 255;

/**
 * The canonical form of a path below a project's artifact root, or of one below a run: segments joined by single slashes,
 * in Unicode NFC. It is a key of the table of artifacts and never becomes part of a file's path, so the rules below keep
 * names unambiguous rather than safe (security.md §2.3). Names that are not NFC are normalised instead of refused: macOS
 * hands out file names in NFD, and both forms must find the same artifact.
 * @param path already percent-decoded, once.
 * @param parameter the request's name for it, for the error.
 * @throws INVALID_PARAMETER_VALUE that says what is wrong with it.
 */
export function artifactPath(path: string, parameter: string): string {
  const refuse = (reason: string) => invalid(`Invalid value for parameter '${parameter}': ${reason}.`);
  if (path === "") throw refuse("the artifact path is empty");
  if (!path.isWellFormed()) throw refuse("the artifact path is not well-formed Unicode");
  const normal = path.normalize("NFC");
  if (Buffer.byteLength(normal) > mostBytes)
    throw refuse(`an artifact path has at most ${mostBytes} bytes in UTF-8`);
  if (normal.startsWith("/") || /^[a-z]:/i.test(normal)) throw refuse("an artifact path is relative");
  const character = /[\p{Cc}\\#]|%[\da-f]{2}/iu.exec(normal)?.[0];
  if (character !== undefined)
    throw refuse(`an artifact path does not contain ${describeCharacter(character)}`);
  for (const segment of normal.split("/")) {
    if (segment === "") throw refuse("an artifact path has no empty segments");
    if (/^\.\.?(;|$)/.test(segment)) throw refuse("an artifact path has no segments '.' or '..'");
    if (Buffer.byteLength(segment) > mostSegmentBytes)
      throw refuse(`each segment of an artifact path has at most ${mostSegmentBytes} bytes in UTF-8`);
  }
  return normal;
}

/**
 * The canonical form of a directory's path, in which "" is the root and trailing slashes are tolerated, as MLflow does
 * (behaviour.md §10).
 * @throws INVALID_PARAMETER_VALUE as artifactPath does.
 */
export function directoryPath(path: string, parameter: string): string {
  return path === "" ? "" : artifactPath(path.replace(/(?<=[^/])\/+$/, ""), parameter);
}

/** `child` below `directory`, either of which may be "". */
export const joinPath = (directory: string, child: string): string =>
  directory === "" || child === "" ? directory + child : `${directory}/${child}`;

/**
 * The path below the project's artifact root that one of our own URIs names: `mlflow-artifacts:/E/R/artifacts`, also
 * written without a slash or with three. Undefined for a location that is not ours to open: another scheme, another host,
 * or a path that no artifact can have.
 */
export function ownArtifactPath(uri: string): string | undefined {
  const path = /^mlflow-artifacts:(?:\/\/(?=\/))?\/?(?!\/)(.*)$/s.exec(uri)?.[1];
  if (path === undefined) return undefined;
  try {
    return directoryPath(path, "artifact_uri");
  } catch {
    return undefined;
  }
}

const describeCharacter = (character: string) =>
  /\p{Cc}/u.test(character) ? "control characters" : `'${character}'`;
