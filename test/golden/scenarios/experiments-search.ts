import { scenario } from "../scenario.ts";

const path = "experiments/search";

export default scenario("experiments-search", (s) => {
  s.get("list the default one", "experiments/list");
  s.experiment("alpha", {
    tags: [
      { key: "env", value: "prod" },
      { key: "team", value: "a_b" },
    ],
  });
  s.experiment("Beta", {
    tags: [
      { key: "env", value: "dev" },
      { key: "note-to self", value: "" },
    ],
  });
  s.experiment("gamma", { tags: [{ key: "env", value: "Prod" }] });
  s.experiment("100% wine");
  s.experiment("日本");
  s.experiment("gone", { tags: [{ key: "env", value: "prod" }] });
  s.post("delete one", "experiments/delete", { experiment_id: "{{gone}}" });

  s.get("list", "experiments/list");
  for (const view_type of ["ACTIVE_ONLY", "DELETED_ONLY", "ALL", "1", "2", "3"])
    s.get(`list the view ${view_type}`, "experiments/list", { view_type });
  s.get("list page 1", "experiments/list", { max_results: 2 }, { l1: "next_page_token" });
  s.get(
    "list page 2",
    "experiments/list",
    { max_results: 2, page_token: "{{l1}}" },
    { l2: "next_page_token" },
  );
  s.get("list page 3", "experiments/list", { max_results: 2, page_token: "{{l2}}" });
  s.get("list exactly all", "experiments/list", { max_results: 6 });
  s.get("list one less than all", "experiments/list", { max_results: 5 });
  s.get("list one more than all", "experiments/list", { max_results: 7 });
  s.get("list with an empty token", "experiments/list", "max_results=2&page_token=");
  for (const max_results of [0, -1, 1, 50000, 50001])
    s.get(`list ${max_results}`, "experiments/list", { max_results });
  for (const token of ["abc", "!!!", "e30=", "YWJj"])
    s.get(`list with the token ${token}`, "experiments/list", { max_results: 2, page_token: token });

  s.post("search", path, { max_results: 100 });
  s.get("search by GET", path, { max_results: 100 });
  s.post("search without max_results", path, {});
  for (const max_results of [0, -1, 1, 50000, 50001]) s.post(`search ${max_results}`, path, { max_results });
  for (const view_type of ["ACTIVE_ONLY", "DELETED_ONLY", "ALL", 2])
    s.post(`search the view ${view_type}`, path, { max_results: 100, view_type });
  s.post("page 1", path, { max_results: 2 }, { s1: "next_page_token" });
  s.post("page 2", path, { max_results: 2, page_token: "{{s1}}" }, { s2: "next_page_token" });
  s.post("page 3", path, { max_results: 2, page_token: "{{s2}}" }, { s3: "next_page_token" });
  s.post("page 4 is empty", path, { max_results: 2, page_token: "{{s3}}" });
  s.post("search with a bad token", path, { max_results: 2, page_token: "abc" });
  s.post("ordered page 1", path, { max_results: 4, order_by: ["name DESC"] }, { o1: "next_page_token" });
  s.post("ordered page 2", path, { max_results: 4, order_by: ["name DESC"], page_token: "{{o1}}" });

  for (const order of [
    ["name"],
    ["name ASC"],
    ["name desc"],
    ["experiment_id"],
    ["experiment_id ASC"],
    ["experiment_id DESC"],
    ["attribute.name"],
    ["`name` DESC"],
    ["name", "experiment_id ASC"],
    ["creation_time"],
    ["last_update_time DESC"],
    ["tags.env"],
    ["name foo"],
    ["name,experiment_id"],
    [""],
    [" name"],
    ["metrics.m"],
    ["lifecycle_stage"],
  ])
    s.post(`order by ${order.join(" / ")}`, path, { max_results: 100, order_by: order });

  for (const filter of [
    "",
    "name = 'alpha'",
    'name = "alpha"',
    "name='alpha'",
    "name != 'alpha'",
    "name LIKE '%a'",
    "name LIKE 'b%'",
    "name LIKE 'B%'",
    "name ILIKE 'b%'",
    "name ILIKE '%A%'",
    "name LIKE '_lpha'",
    "name LIKE '100\\% %'",
    "name LIKE '日%'",
    "attribute.name = 'gamma'",
    "attributes.name = 'gamma'",
    "`name` = 'gamma'",
    "name like 'a%'",
    "name > 'a'",
    "name = alpha",
    "name = 5",
    "name IN ('alpha')",
    "experiment_id = '1'",
    "creation_time > 0",
    "lifecycle_stage = 'active'",
    "tags.env = 'prod'",
    "tag.env = 'prod'",
    "tags.env != 'prod'",
    "tags.env LIKE '%rod'",
    "tags.env ILIKE 'PROD'",
    "tags.env like 'p%'",
    "tags.env > 'a'",
    "tags.env = 5",
    "tags.`note-to self` = ''",
    "tags.\"note-to self\" = ''",
    "tags.team LIKE 'a\\_b'",
    "tags.absent != 'x'",
    "name = 'alpha' AND tags.env = 'prod'",
    "name = 'alpha' and tags.env = 'dev'",
    "name LIKE '%a' AND tags.env ILIKE 'prod' AND name != 'alpha'",
    "name = 'alpha' OR name = 'gamma'",
    "metrics.m > 1",
    "params.p = 'x'",
    "foo.bar = 'x'",
    "(name = 'alpha')",
    "NOT name = 'alpha'",
    "name",
    "name =",
    "= 'alpha'",
    "name = 'alpha' AND",
    "AND name = 'alpha'",
    "name = 'it''s'",
    "name = 'alpha'; name = 'gamma'",
    "   ",
  ])
    s.post(`filter ${filter}`, path, { max_results: 100, filter });
  s.post("filter of deleted", path, { max_results: 100, view_type: "ALL", filter: "tags.env = 'prod'" });
  s.get("filter by GET", path, { max_results: 100, filter: "name LIKE '%a'", order_by: ["name DESC"] });
});
