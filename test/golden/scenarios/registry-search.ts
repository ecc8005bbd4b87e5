import { scenario } from "../scenario.ts";

export default scenario("registry-search", (s) => {
  const models = "registered-models/search";
  s.get("list nothing", "registered-models/list");
  s.get("search nothing", models);
  for (const [name, tags] of Object.entries({
    alpha: { env: "prod", team: "a_b" },
    Beta: { env: "dev" },
    gamma: { env: "Prod", "note-to self": "" },
    "100% wine": {},
    日本: { env: "prod" },
  }))
    s.post(`create ${name}`, "registered-models/create", {
      name,
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    });
  s.patch("update alpha", "registered-models/update", { name: "alpha", description: "newest" });
  s.post("version of gamma", "model-versions/create", {
    name: "gamma",
    source: "s3://b/g",
    run_id: "run1",
    tags: [{ key: "k", value: "v" }],
  });

  s.get("list", "registered-models/list");
  s.get("list page 1", "registered-models/list", { max_results: 2 }, { l1: "next_page_token" });
  s.get(
    "list page 2",
    "registered-models/list",
    { max_results: 2, page_token: "{{l1}}" },
    { l2: "next_page_token" },
  );
  s.get("list page 3", "registered-models/list", { max_results: 2, page_token: "{{l2}}" });
  s.get("list exactly all", "registered-models/list", { max_results: 5 });
  for (const max_results of [0, -1, 4, 6, 999])
    s.get(`list ${max_results}`, "registered-models/list", { max_results });
  s.get("list with a bad token", "registered-models/list", { max_results: 2, page_token: "abc" });
  s.get("search page 1", models, { max_results: 2 }, { s1: "next_page_token" });
  s.get("search page 2", models, { max_results: 2, page_token: "{{s1}}" }, { s2: "next_page_token" });
  s.get("search page 3", models, { max_results: 2, page_token: "{{s2}}" });
  s.get(
    "ordered page 1",
    models,
    { max_results: 3, order_by: "last_updated_timestamp DESC" },
    { o1: "next_page_token" },
  );
  s.get("ordered page 2", models, {
    max_results: 3,
    order_by: "last_updated_timestamp DESC",
    page_token: "{{o1}}",
  });
  s.get(
    "filtered page 1",
    models,
    { max_results: 1, filter: "tags.env ILIKE 'prod'" },
    { f1: "next_page_token" },
  );
  s.get("filtered page 2", models, { max_results: 1, filter: "tags.env ILIKE 'prod'", page_token: "{{f1}}" });
  for (const max_results of [0, -1, 4, 6, 999]) s.get(`search ${max_results}`, models, { max_results });
  s.get("search with a bad token", models, { max_results: 2, page_token: "abc" });

  for (const order of [
    ["name"],
    ["name ASC"],
    ["name desc"],
    ["timestamp"],
    ["timestamp DESC"],
    ["last_updated_timestamp ASC"],
    ["timestamp DESC", "name ASC"],
    ["name", "name DESC"],
    ["timestamp", "last_updated_timestamp"],
    ["creation_timestamp"],
    ["tags.env"],
    ["name foo"],
    [""],
  ])
    s.get(`order ${JSON.stringify(order)}`, models, { order_by: order });
  for (const filter of [
    "",
    "name = 'alpha'",
    'name = "alpha"',
    "name='alpha'",
    "name != 'alpha'",
    "name LIKE '%a'",
    "name like 'B%'",
    "name ILIKE 'b%'",
    "name LIKE '100\\% %'",
    "name ILIKE '日_'",
    "tags.env = 'prod'",
    "tag.env = 'prod'",
    "tags.env != 'prod'",
    "tags.env LIKE '%rod'",
    "tags.env ILIKE 'PROD'",
    "tags.`note-to self` = ''",
    "tags.absent != 'x'",
    "name = 'alpha' AND tags.env = 'prod'",
    "name LIKE '%a' and tags.env = 'dev'",
    "tags.env = 'prod' AND tags.team = 'a_b'",
    "tags.env = 'prod' AND tags.env = 'dev'",
    "name = 'alpha' OR name = 'gamma'",
    "run_id = 'run1'",
    "name > 'a'",
    "name = 5",
    "name = alpha",
    "name IN ('alpha', 'gamma')",
    "tags.env > 'a'",
    "tags.env = 5",
    "metrics.m > 1",
    "(name = 'alpha')",
    "name",
    "name =",
    "name = 'alpha' AND",
    "   ",
  ])
    s.get(`filter ${filter}`, models, { filter });

  const versions = "model-versions/search";
  s.post("version 2 of gamma", "model-versions/create", {
    name: "gamma",
    source: "s3://b/g2",
    run_id: "run2",
  });
  s.post("version of alpha", "model-versions/create", {
    name: "alpha",
    source: "S3://B/a_1",
    run_id: "run1",
    description: "d",
  });
  s.post("version of Beta", "model-versions/create", { name: "Beta", source: "file:/x" });
  s.del("delete version 1 of Beta", "model-versions/delete", { name: "Beta", version: "1" });
  s.get("versions", versions);
  for (const filter of [
    "",
    "name = 'gamma'",
    "name='gamma'",
    "name != 'gamma'",
    "name LIKE 'g%'",
    "name ILIKE 'G%'",
    "run_id = 'run1'",
    "run_id != 'run1'",
    "run_id IN ('run1', 'run2')",
    "run_id IN ('run1')",
    "run_id IN ('none', 'either')",
    "run_id LIKE 'run%'",
    "source_path = 's3://b/g'",
    "source_path LIKE 's3%'",
    "source_path ILIKE 's3%'",
    "source_path LIKE '%a\\_1'",
    "name = 'gamma' AND run_id = 'run2'",
    "name = 'Beta'",
    "name = 'nobody'",
    "tags.k = 'v'",
    "tag.k != 'v'",
    "name > 'a'",
    "run_id > 'a'",
    "version = '1'",
    "version_number = 1",
    "current_stage = 'None'",
    "name = 'gamma' OR name = 'alpha'",
    "name IN ('gamma', 'alpha')",
    "run_id IN ()",
    "run_id IN (1, 2)",
    "run_id IN ('a' 'b')",
    "name = 5",
    "name",
    "   ",
  ])
    s.get(`versions ${filter}`, versions, { filter });
  s.get("versions with max_results", versions, { max_results: 1 });
  s.get("versions with order_by", versions, { order_by: "name ASC" });
  s.get("versions with a limit", versions, { max_results: 200000 });
  s.get("versions beyond the limit", versions, { max_results: 200001 });
});
