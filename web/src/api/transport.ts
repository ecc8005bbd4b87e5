import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

/** Clients by project and service: making one is cheap, and comparing them by identity is useful. */
const clients = new Map<string, unknown>();

/**
 * The typed client of a service.
 * @param project the path of the project that its calls are about; none for calls that are about no project.
 */
export function client<T extends DescService>(service: T, project?: string): Client<T> {
  const key = `${project ?? ""} ${service.typeName}`;
  const known = clients.get(key) as Client<T> | undefined;
  if (known !== undefined) return known;
  const made = createClient(
    service,
    createConnectTransport({
      baseUrl: window.location.origin,
      // A page of candidates with hundreds of metrics is read several times faster than from JSON.
      useBinaryFormat: true,
      interceptors: project === undefined ? [] : [about(project)],
    }),
  );
  clients.set(key, made);
  return made;
}

const about =
  (project: string): Interceptor =>
  (next) =>
  (request) => {
    request.header.set("loggia-project", project);
    return next(request);
  };
