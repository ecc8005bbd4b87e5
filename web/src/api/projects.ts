import type { MessageInitShape } from "@bufbuild/protobuf";
import { queryOptions } from "@tanstack/react-query";
import {
  type CreateProjectRequestSchema,
  type Project,
  ProjectService,
  type UpdateProjectRequestSchema,
} from "../../../gen/loggia/v1/projects_pb.js";
import { PurgeService } from "../../../gen/loggia/v1/purge_pb.js";
import { changed, everyPage } from "./changes.ts";
import { client } from "./transport.ts";

export type { Project };

/** All projects that the viewer may see, by path. */
export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) =>
    everyPage(async (pageToken) => {
      const page = await client(ProjectService).listProjects({ maxResults: 1000, pageToken }, { signal });
      return { rows: page.projects, nextPageToken: page.nextPageToken };
    }),
});

export const projectQuery = (project: string) =>
  queryOptions({
    queryKey: ["project", project],
    async queryFn({ signal }) {
      const answer = await client(ProjectService, project).getProject({}, { signal });
      return answer.project as Project;
    },
  });

/** What the project takes up, and its limits. */
export const usageQuery = (project: string) =>
  queryOptions({
    queryKey: ["project", project, "usage"],
    queryFn: ({ signal }) => client(PurgeService, project).getUsage({}, { signal }),
  });

export const createProject = (project: MessageInitShape<typeof CreateProjectRequestSchema>) =>
  changed(client(ProjectService).createProject(project), ["projects"]);

/** The changes to a project; each makes the pages look again. */
export const changes = (project: string) => {
  const service = client(ProjectService, project);
  const look = <T>(answer: Promise<T>) =>
    changed(answer, ["project", project], ["access", project], ["projects"]);
  return {
    update: (settings: MessageInitShape<typeof UpdateProjectRequestSchema>) =>
      look(service.updateProject(settings)),
    archive: () => look(service.archiveProject({})),
    unarchive: () => look(service.unarchiveProject({})),
    /** There is no way back; nothing of the project is asked for any more. */
    delete: (path: string) => service.deleteProject({ path }),
    purgeDeleted: (olderThanDays: number) =>
      look(client(PurgeService, project).purgeDeleted({ olderThanDays })),
  };
};
