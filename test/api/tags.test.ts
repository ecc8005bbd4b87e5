import { describe, expect, test } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { absent, badName, invalid, missing, noRun } from "../support/mlflow-errors.ts";
import { failure, protocols, testServer } from "../support/server.ts";

const server = await testServer();

describe.each(protocols)("tags and params over %s", (protocol) => {
  const setUp = async () => {
    const client = (await server.project()).client(MlflowService, protocol);
    const runId = (await client.createRun({ experimentId: "0" })).run?.info?.runId ?? "";
    const data = async () => (await client.getRun({ runId })).run?.data;
    return { client, runId, data };
  };

  test("a tag is set and replaced, and without a value it is empty", async () => {
    const { client, runId, data } = await setUp();
    await client.setTag({ runId, key: "mlflow.note.content", value: "1" });
    await client.setTag({ runUuid: runId, key: "mlflow.note.content", value: 'two "lines"\n\\ and NULL' });
    await client.setTag({ runId, key: "empty" });
    expect((await data())?.tags).toMatchObject([
      { key: "empty", value: "" },
      { key: "mlflow.note.content", value: 'two "lines"\n\\ and NULL' },
    ]);
  });

  test("a tag is deleted once", async () => {
    const { client, runId, data } = await setUp();
    await client.setTag({ runId, key: "a b/c", value: "1" });
    await client.deleteTag({ runId, key: "a b/c" });
    expect((await data())?.tags).toEqual([]);
    expect(await failure(client.deleteTag({ runId, key: "a b/c" }))).toEqual(
      absent(`No tag with name: a b/c in run with id ${runId}`),
    );
    expect(await failure(client.deleteTag({ runId, key: "a//b$" }))).toEqual(
      absent(`No tag with name: a//b$ in run with id ${runId}`),
    );
  });

  test("a tag's key and value have limits, in code points", async () => {
    const { client, runId, data } = await setUp();
    const set = (key: string, value: string) => client.setTag({ runId, key, value });
    await set("k".repeat(250), "😀".repeat(5000));
    expect((await data())?.tags[0]?.value).toBe("😀".repeat(5000));
    expect(await failure(set("k".repeat(251), ""))).toEqual(
      invalid(`Tag key '${"k".repeat(250)}' had length 251, which exceeded length limit of 250`),
    );
    expect(await failure(set("k", "😀".repeat(5001)))).toEqual(
      invalid(`Tag value '${"😀".repeat(250)}' had length 5001, which exceeded length limit of 5000`),
    );
    expect(await failure(set("a$", ""))).toEqual(badName("tag", "a$"));
    expect(await failure(set("k", "\0"))).toMatchObject({ errorCode: "INVALID_PARAMETER_VALUE" });
    expect(await failure(client.deleteTag({ runId, key: "\0" }))).toMatchObject({
      errorCode: "INVALID_PARAMETER_VALUE",
    });
  });

  test("a param is written once; the same value again is fine, another one is refused", async () => {
    const { client, runId, data } = await setUp();
    await client.logParam({ runId, key: "lr", value: "0.1" });
    await client.logParam({ runUuid: runId, key: "lr", value: "0.1" });
    await client.logParam({ runId, key: "empty" });
    expect(await failure(client.logParam({ runId, key: "lr", value: "0.2" }))).toEqual(
      invalid(
        `Changing param values is not allowed. Param with key='lr' was already logged with value='0.1' for run ID='${runId}'. Attempted logging new value '0.2'.`,
      ),
    );
    expect((await data())?.params).toMatchObject([
      { key: "empty", value: "" },
      { key: "lr", value: "0.1" },
    ]);
  });

  test("a param's key and value have limits", async () => {
    const { client, runId, data } = await setUp();
    const log = (key: string, value: string) => client.logParam({ runId, key, value });
    await log("p", "😀".repeat(500));
    expect(await failure(log("p".repeat(251), ""))).toEqual(
      invalid(`Param key '${"p".repeat(250)}' had length 251, which exceeded length limit of 250`),
    );
    expect(await failure(log("q", "v".repeat(501)))).toEqual(
      invalid(`Param value '${"v".repeat(250)}' had length 501, which exceeded length limit of 500`),
    );
    expect(await failure(log("a:b", ""))).toEqual(badName("parameter", "a:b"));
    expect((await data())?.params).toHaveLength(1);
  });

  test("required parameters are asked for, and runs that are not there are not found", async () => {
    const { client, runId } = await setUp();
    const nowhere = "0".repeat(32);
    for (const call of [
      () => client.setTag({ key: "k" }),
      () => client.deleteTag({ key: "k" }),
      () => client.logParam({ key: "k" }),
    ])
      expect(await failure(call())).toEqual(missing("run_id"));
    for (const call of [
      () => client.setTag({ runId }),
      () => client.deleteTag({ runId }),
      () => client.logParam({ runId }),
    ])
      expect(await failure(call())).toEqual(missing("key"));
    for (const id of [nowhere, "x"]) {
      expect(await failure(client.setTag({ runId: id, key: "k" }))).toEqual(noRun(id));
      expect(await failure(client.deleteTag({ runId: id, key: "k" }))).toEqual(noRun(id));
      expect(await failure(client.logParam({ runId: id, key: "k" }))).toEqual(noRun(id));
    }
  });
});

test("an empty run_id is missing even beside a run_uuid", async () => {
  const { rest } = await server.project();
  const { body } = await rest("POST", "runs/set-tag", { run_id: "", run_uuid: "x", key: "k" });
  expect({ errorCode: body.error_code, message: body.message }).toEqual(missing("run_id"));
});
