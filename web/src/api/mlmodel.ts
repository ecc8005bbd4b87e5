import { queryOptions } from "@tanstack/react-query";
import { type ArtifactSource, beginningQuery } from "./artifacts.ts";
import { queries } from "./queries.ts";

/** Bytes; a larger one is not written by a client. */
const largest = 1_000_000;

/** What the MLmodel file in a folder says. The reader of YAML is loaded with the first. */
export const mlmodelQuery = (source: ArtifactSource, folder: string) =>
  queryOptions({
    queryKey: ["artifacts", source.project, source.kind, source.id, "mlmodel", folder],
    retry: false,
    async queryFn(): Promise<unknown> {
      const path = folder === "" ? "MLmodel" : `${folder}/MLmodel`;
      const file = { path, name: "MLmodel", isFolder: false, size: 0 };
      const [{ text }, { parse }] = await Promise.all([
        queries.ensureQueryData(beginningQuery(source, file, largest)),
        import("yaml"),
      ]);
      return parse(text);
    },
  });
