import { queryOptions } from "@tanstack/react-query";
import { type Project, ProjectService } from "../../../gen/loggia/v1/projects_pb.js";
import { client } from "./transport.ts";

export type { Project };

/** All projects that the viewer may see, by path. */
export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  async queryFn({ signal }) {
    const projects: Project[] = [];
    let pageToken = "";
    do {
      const page = await client(ProjectService).listProjects({ maxResults: 1000, pageToken }, { signal });
      projects.push(...page.projects);
      pageToken = page.nextPageToken ?? "";
    } while (pageToken !== "");
    return projects;
  },
});
