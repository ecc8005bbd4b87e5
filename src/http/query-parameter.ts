import type { FastifyRequest } from "fastify";
import { invalid } from "../errors.ts";

/** A parameter of the query; undefined when absent. @throws INVALID_PARAMETER_VALUE when there are several. */
export function parameter(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, unknown>)[name];
  if (value !== undefined && typeof value !== "string")
    throw invalid(`Invalid value for parameter '${name}': it is given more than once.`);
  return value;
}
