/** Programs made of Go modules, under `.cache/go/bin`, each at the version that is named here. Making one again costs nothing. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

const root = new URL("..", import.meta.url).pathname;

/** The generators of clients/go/gen; their versions are those of the libraries in clients/go/go.mod. */
export const goPlugins = [
  "google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.11",
  "connectrpc.com/connect/cmd/protoc-gen-connect-go@v1.20.0",
] as const;

/** The gRPC tool with which the tests call the server as anyone would. */
export const grpcurl = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3";

/**
 * Makes the programs that are not there yet.
 * @param packages import paths with a version: `example.org/module/cmd/program@v1.2.3`.
 * @returns the folders that hold them, for a PATH; each is named after the last part of its path.
 * @throws Error with Go's own last lines, or one that says that Go is missing.
 */
export function ensureGoTools(packages: readonly string[]): string[] {
  return packages.map((pkg) => {
    const [path = "", version = ""] = pkg.split("@");
    const folder = join(root, ".cache", "go", `${basename(path)}@${version}`);
    if (existsSync(join(folder, basename(path)))) return folder;
    console.error(`Installing ${basename(path)} (once) ...`);
    // Made beside its place and then moved, so that what was broken off is not taken for whole.
    const scratch = `${folder}.${process.pid}`;
    mkdirSync(scratch, { recursive: true });
    try {
      execFileSync("go", ["install", pkg], {
        env: { ...process.env, GOBIN: scratch, GOFLAGS: "-mod=mod" },
        stdio: ["ignore", "ignore", "pipe"],
      });
      rmSync(folder, { recursive: true, force: true });
      renameSync(scratch, folder);
    } catch (error) {
      rmSync(scratch, { recursive: true, force: true });
      const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
      const output = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
      throw new Error(missing ? "Go 1.25 or newer is needed, and not on the PATH." : output.slice(-2000), {
        cause: error,
      });
    }
    return folder;
  });
}
