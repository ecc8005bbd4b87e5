import { setImmediate as turn } from "node:timers/promises";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { LoggiaError } from "../../src/errors.ts";
import { type GroupCommit, groupCommit } from "../../src/store/group-commit.ts";
import { testDatabase } from "../support/database.ts";

/** A committer whose groups are written when the test says so. */
function steered(options: Partial<GroupCommit<number, string>> = {}) {
  const groups: { requests: readonly number[]; finish(): void; fail(error: unknown): void }[] = [];
  const commit = groupCommit<number, string>({
    weight: () => 1,
    ...options,
    execute: (requests) => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
      groups.push({ requests, finish: () => resolve(requests.map(String)), fail: reject });
      return promise;
    },
  });
  return { commit, groups, written: () => groups.map((group) => group.requests) };
}

describe("group commit", () => {
  test("a lone request is written in the next turn, alone", async () => {
    const { commit, groups, written } = steered();
    const answer = commit(1);
    await turn();
    expect(written()).toEqual([[1]]);
    groups[0]?.finish();
    expect(await answer).toBe("1");
  });

  test("requests of one turn share a group, and each gets its own answer", async () => {
    const { commit, groups, written } = steered();
    const answers = [1, 2, 3].map(commit);
    await turn();
    expect(written()).toEqual([[1, 2, 3]]);
    groups[0]?.finish();
    expect(await Promise.all(answers)).toEqual(["1", "2", "3"]);
  });

  test("while both lanes are busy the rest gathers, and leaves as one group when a lane is free", async () => {
    const { commit, groups, written } = steered();
    for (const request of [1, 2]) {
      commit(request);
      await turn();
    }
    const answers = [3, 4, 5].map(commit);
    await turn();
    expect(written()).toEqual([[1], [2]]);
    groups[1]?.finish();
    await turn();
    expect(written()).toEqual([[1], [2], [3, 4, 5]]);
    groups[2]?.finish();
    expect(await Promise.all(answers)).toEqual(["3", "4", "5"]);
  });

  test("a second lane begins with half as many as the first has, so that nobody leaves alone", async () => {
    const { commit, groups, written } = steered();
    for (const request of [1, 2, 3, 4]) commit(request);
    await turn();
    commit(5);
    await turn();
    expect(written()).toEqual([[1, 2, 3, 4]]);
    commit(6);
    await turn();
    expect(written()).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ]);
    commit(7);
    groups[0]?.finish();
    await turn();
    expect(written().at(-1)).toEqual([7]);
  });

  test("a group is no heavier than allowed, but a single heavy request still passes", async () => {
    const { commit, groups, written } = steered({ weight: (n) => n, heaviest: 10, lanes: 1 });
    for (const weight of [4, 6, 1, 50, 2]) commit(weight);
    for (const place of [0, 1, 2, 3]) {
      await turn();
      groups[place]?.finish();
    }
    expect(written()).toEqual([[4, 6], [1], [50], [2]]);
  });

  test("what would wait beyond the limit is refused at once", async () => {
    const { commit, groups } = steered({ weight: (n) => n, longest: 10, lanes: 1 });
    commit(1);
    await turn();
    const waiting = [commit(6), commit(4)];
    await expect(commit(1)).rejects.toMatchObject({ code: "TEMPORARILY_UNAVAILABLE", retryAfter: 1 });
    groups[0]?.finish();
    await turn();
    groups[1]?.finish();
    expect(await Promise.all(waiting)).toEqual(["6", "4"]);
    const later = commit(10);
    await turn();
    groups[2]?.finish();
    expect(await later).toBe("10");
  });

  test("when a group fails, its members are written one by one and only the wrong one fails", async () => {
    const written: (readonly number[])[] = [];
    const commit = groupCommit<number, number>({
      weight: () => 1,
      execute: async (group) => {
        written.push(group);
        if (group.includes(2)) throw new Error("two is wrong");
        return group.map((n) => n * 10);
      },
    });
    const results = await Promise.allSettled([1, 2, 3].map(commit));
    expect(results).toMatchObject([{ value: 10 }, { reason: { message: "two is wrong" } }, { value: 30 }]);
    expect(written).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  test("when the database is away, all of a group hear it and none is tried again", async () => {
    const { commit, groups, written } = steered();
    const answers = [1, 2, 3].map((n) => commit(n).catch((error: unknown) => error));
    await turn();
    const away = new LoggiaError("TEMPORARILY_UNAVAILABLE", "away");
    groups[0]?.fail(away);
    expect(await Promise.all(answers)).toEqual([away, away, away]);
    expect(written()).toHaveLength(1);
  });
});

describe("group commit on Postgres", async () => {
  const { db } = await testDatabase();

  test("a request that lost a race is written again until it passes, but not for ever", async () => {
    let tries = 0;
    const commit = groupCommit<number, number>({
      weight: () => 1,
      execute: async ([passesAt = 0]) => {
        await sql`select 1 / ${++tries < passesAt ? 0 : 1}::int`.execute(db);
        return [tries];
      },
    });
    expect(await commit(4)).toBe(4);
    tries = 0;
    await expect(commit(99)).rejects.toMatchObject({ code: "TEMPORARILY_UNAVAILABLE" });
    expect(tries).toBe(6);
  });

  test("another error of Postgres is not tried again", async () => {
    let tries = 0;
    const commit = groupCommit<string, number>({
      weight: () => 1,
      execute: async ([text = ""]) => {
        tries++;
        await sql`select ${text}::int`.execute(db);
        return [0];
      },
    });
    await expect(commit("x")).rejects.toMatchObject({ code: "INVALID_PARAMETER_VALUE" });
    expect(tries).toBe(1);
  });
});
