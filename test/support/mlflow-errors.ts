/** What `failure` of server.ts returns for MLflow's usual refusals. */

export const invalid = (message: string) => ({ errorCode: "INVALID_PARAMETER_VALUE", message });

export const absent = (message: string) => ({ errorCode: "RESOURCE_DOES_NOT_EXIST", message });

export const missing = (parameter: string) =>
  invalid(
    `Missing value for required parameter '${parameter}'. See the API docs for more information about request parameters.`,
  );

export const badName = (kind: "metric" | "parameter" | "tag", name: string) =>
  invalid(
    `Invalid ${kind} name: '${name}'. Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), and slashes (/).`,
  );

export const noRun = (id: string) => absent(`Run with id=${id} not found`);

export const notActive = (id: string) =>
  invalid(`The run ${id} must be in the 'active' state. Current state is deleted.`);
