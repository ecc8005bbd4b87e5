import { scenario } from "../scenario.ts";

export default scenario("runs-paging", (s) => {
  const path = "runs/search";
  s.experiment("e");
  // Seven runs; the metric has ties, a NaN and an absent value.
  const values = [3, 1, 2, "NaN", 1, undefined, 2];
  for (const [i, m] of values.entries())
    s.run(`r${i}`, "e", {
      start_time: 100 + i,
      ...(m === undefined ? {} : { metrics: { m } }),
      params: { half: String(i % 2) },
    });
  const walk = (title: string, size: number, pages: number, query: object) => {
    for (let page = 1; page <= pages; page++)
      s.post(
        `${title}, page ${page}`,
        path,
        {
          experiment_ids: ["{{e}}"],
          max_results: size,
          ...query,
          ...(page === 1 ? {} : { page_token: `{{${title} ${page - 1}}}` }),
        },
        page === pages ? {} : { [`${title} ${page}`]: "next_page_token" },
      );
  };
  walk("by default", 3, 3, {});
  walk("by metric", 2, 4, { order_by: ["metrics.m ASC"] });
  walk("by metric down", 2, 4, { order_by: ["metrics.m DESC"] });
  walk("by param and metric", 3, 3, { order_by: ["params.half DESC", "metrics.m"] });
  walk("filtered", 2, 2, {
    filter: "metrics.m > 1",
    order_by: ["metrics.m DESC", "attribute.start_time ASC"],
  });
  walk("one at a time", 1, 7, { order_by: ["attribute.start_time ASC"] });
  // The last page is full, so one more, empty, follows.
  walk("full to the end", 7, 2, {});
  for (const max_results of [0, -1, 1, 6, 8, "3", null, 49999, 50000, 50001, 2147483648])
    s.post(`max_results ${JSON.stringify(max_results)}`, path, { experiment_ids: ["{{e}}"], max_results });
  for (const token of ["abc", "!!!", "e30=", "YWJj", "5", "bnVsbA==", "eyJvZmZzZXQiOiAwfQ=="])
    s.post(`token ${token}`, path, { experiment_ids: ["{{e}}"], max_results: 2, page_token: token });
  s.post("an empty token", path, { experiment_ids: ["{{e}}"], max_results: 2, page_token: "" });
  s.get("by GET, over the limit", "/api/2.0/preview/mlflow/runs/search", {
    experiment_ids: ["{{e}}"],
    max_results: 99999,
  });
  s.get(
    "by GET, page 1",
    "/api/2.0/preview/mlflow/runs/search",
    { experiment_ids: ["{{e}}"], max_results: 4 },
    { g1: "next_page_token" },
  );
  s.get("by GET, page 2", "/api/2.0/preview/mlflow/runs/search", {
    experiment_ids: ["{{e}}"],
    max_results: 4,
    page_token: "{{g1}}",
  });
});
