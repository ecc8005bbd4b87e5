import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { oidcProvider } from "../../src/oidc/provider.ts";
import { testServer } from "../support/server.ts";

/** Whether `/openapi.json` is about the routes that a server has. */

const server = await testServer({
  oidc: oidcProvider({
    ...{ issuer: "https://provider.invalid", clientId: "loggia", clientSecret: "s", label: "Sign in" },
    ...{ scopes: "openid", usernameClaim: "preferred_username", linksUsers: false },
  }),
});
// biome-ignore lint/suspicious/noExplicitAny: the tests read the places they expect.
const document: any = await (await fetch(`${server.url}/openapi.json`)).json();

/** For balancers and people: no part of the API. */
const notDescribed = ["/health", "/livez", "/readyz", "/version", "/openapi.json"];
/** Connect, gRPC and gRPC-Web, which reflection describes. */
const isRpc = (path: string) => /^\/[\w.]+\.\w+\/\w+$/.test(path);

/** With all parameters alike: the router's `:x` and `*`, and OpenAPI's `{x}`. */
const shapeOf = (path: string) => path.replace(/\/?\*/, "/{}").replace(/:\w+|\{\w+\}/g, "{}");

test("every route of the router is described, but for those that are no part of the API", () => {
  const described = new Set(Object.keys(document.paths).map(shapeOf));
  const routes = server.routes().filter((path) => !isRpc(path) && !notDescribed.includes(path));
  expect(routes.length).toBeGreaterThan(150);
  expect(routes.filter((path) => !described.has(shapeOf(path)))).toEqual([]);
});

test("what is described is there", () => {
  const routes = new Set(server.routes().map(shapeOf));
  expect(Object.keys(document.paths).filter((path) => !routes.has(shapeOf(path)))).toEqual([]);
});

test("the description of a whole server is valid OpenAPI, each operation with a name of its own", async () => {
  expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
  const ids = Object.values<object>(document.paths).flatMap((path) =>
    Object.values<{ operationId: string }>(path as never).map(({ operationId }) => operationId),
  );
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
});

test("files that are exported are described with their parameters and their types", () => {
  const { parameters, responses } = document.paths["/api/1.0/loggia/export/runs"].get;
  expect(parameters.map(({ name }: { name: string }) => name)).toEqual(
    expect.arrayContaining([
      "format",
      "experiment_id",
      "filter",
      "run_view_type",
      "order_by",
      "columns",
      "after",
    ]),
  );
  expect(Object.keys(responses["200"].content)).toContain("application/vnd.apache.parquet");
});
