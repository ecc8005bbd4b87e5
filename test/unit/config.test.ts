import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import { commands, groups } from "../../src/cli/commands.ts";
import { help } from "../../src/cli/help.ts";
import { asText } from "../../src/cli/log.ts";
import { readConfig, SettingError, settings, settingsTable } from "../../src/config.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "loggia-config-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

interface Given {
  flags?: Record<string, string>;
  env?: Record<string, string>;
  /** Content of a file named by --config. */
  file?: unknown;
  terminal?: boolean;
}

function read({ flags = {}, env = {}, file, terminal = false }: Given) {
  if (file === undefined) return readConfig({ flags, env, directory, terminal });
  writeFileSync(join(directory, "file.json"), typeof file === "string" ? file : JSON.stringify(file));
  return readConfig({ flags: { ...flags, config: "file.json" }, env, directory, terminal });
}

const source = ({ shown }: ReturnType<typeof read>, name: string) =>
  shown.find((one) => one.name === name)?.source;

describe("where a setting comes from", () => {
  const file = { port: 3 };
  const env = { LOGGIA_PORT: "2" };
  const flags = { port: "1" };

  test.each([
    { given: { flags, env, file }, port: 1, from: "--port" },
    { given: { env, file }, port: 2, from: "LOGGIA_PORT" },
    { given: { file }, port: 3, from: "file.json" },
    { given: {}, port: 5000, from: "default" },
    { given: { env: { LOGGIA_PORT: "" }, file }, port: 3, from: "file.json" },
  ])("the port is $port from $from", ({ given, port, from }) => {
    const result = read(given);
    expect(result.config.port).toBe(port);
    expect(source(result, "port")).toBe(from);
  });

  test("the file of the working directory is read when none is named", () => {
    writeFileSync(join(directory, "loggia.config.json"), '{"pool-size": 7}');
    const result = read({});
    rmSync(join(directory, "loggia.config.json"));
    expect(result.config.poolSize).toBe(7);
    expect(source(result, "pool-size")).toBe("loggia.config.json");
  });

  test("LOGGIA_CONFIG names the file", () => {
    writeFileSync(join(directory, "other.json"), '{"host": "::1", "named-statements": false}');
    const { config } = read({ env: { LOGGIA_CONFIG: "other.json" } });
    expect(config).toMatchObject({ host: "::1", namedStatements: false });
  });
});

describe("values", () => {
  test("paths are relative to the working directory, and artifacts lie below the data", () => {
    expect(read({}).config).toMatchObject({
      dataDir: join(directory, "data"),
      artifacts: join(directory, "data", "artifacts"),
    });
    expect(read({ flags: { "data-dir": "/srv/loggia", artifacts: "bytes" } }).config).toMatchObject({
      dataDir: "/srv/loggia",
      artifacts: join(directory, "bytes"),
    });
  });

  test.each([
    ["500ms", 500],
    ["1.5s", 1500],
    ["30", 30_000],
    ["2m", 120_000],
  ])("the duration %s is %i ms", (text, milliseconds) => {
    expect(read({ flags: { "drain-timeout": text } }).config.drainTimeout).toBe(milliseconds);
  });

  test.each([
    ["0", "0s"],
    ["500ms", "500ms"],
    ["90", "90s"],
    ["120s", "2m"],
    ["48h", "48h"],
  ])("the duration %s is shown as %s", (text, shown) => {
    const result = read({ flags: { "drain-timeout": text } });
    expect(result.shown).toContainEqual({ name: "drain-timeout", value: shown, source: "--drain-timeout" });
  });

  test("a terminal gets text and only what matters, a pipe gets JSON", () => {
    expect(read({ terminal: true }).config).toMatchObject({ logFormat: "text", logLevel: "warn" });
    expect(read({ terminal: false }).config).toMatchObject({ logFormat: "json", logLevel: "info" });
  });

  test.each([
    ["postgres://a:hunter2@db/x", "postgres://a:***@db/x"],
    ["postgresql://db/x?user=a&password=hunter2", "postgresql://db/x?user=a&password=***"],
  ])("the password of %s is not shown", (url, shown) => {
    const result = read({ env: { DATABASE_URL: url } });
    expect(result.config.databaseUrl).toBe(url);
    expect(result.shown).toContainEqual({ name: "database-url", value: shown, source: "DATABASE_URL" });
    expect(JSON.stringify(result.shown)).not.toContain("hunter2");
  });
});

describe("lists", () => {
  test("are written with commas, and are empty when nothing is", () => {
    const { config, shown } = read({
      flags: {
        "allowed-hosts": "mlflow.example.org, [::1]:5000 ,a:1",
        "trusted-proxies": "10.0.0.7,fd00::/8",
      },
    });
    expect(config.allowedHosts).toEqual(["mlflow.example.org", "[::1]:5000", "a:1"]);
    expect(config.trustedProxies).toEqual(["10.0.0.7", "fd00::/8"]);
    expect(shown).toContainEqual({
      name: "trusted-proxies",
      value: "10.0.0.7,fd00::/8",
      source: "--trusted-proxies",
    });
    expect(read({}).config).toMatchObject({ allowedHosts: [], trustedProxies: [] });
  });

  test.each(["https://mlflow.example.org", "*", "*.example.org", "a b", "a/b", "a:b", "::1", ".a"])(
    "'%s' is no name of a host",
    (name) => {
      expect(() => read({ flags: { "allowed-hosts": `a,${name}` } })).toThrow(
        /^--allowed-hosts must be names such as/,
      );
    },
  );

  test.each(["proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "::/129", "10.0.0.1/8/8", "10.0.0.1:80"])(
    "'%s' is no network",
    (network) => {
      expect(() => read({ flags: { "trusted-proxies": network } })).toThrow(
        /^--trusted-proxies must be addresses or networks/,
      );
    },
  );
});

describe("a wrong setting is one line that names it", () => {
  test.each<[Given, string]>([
    [
      { env: { LOGGIA_PORT: "abc" } },
      '--port must be a whole number from 0 to 65535, got "abc" (from LOGGIA_PORT)',
    ],
    [{ flags: { port: "65536" } }, '--port must be a whole number from 0 to 65535, got "65536"'],
    [{ flags: { port: "" } }, '--port must be a whole number from 0 to 65535, got ""'],
    [{ flags: { port: "1e3" } }, '--port must be a whole number from 0 to 65535, got "1e3"'],
    [
      { file: { "pool-size": 0 } },
      '--pool-size must be a whole number from 1 to 200, got "0" (from file.json)',
    ],
    [
      { flags: { host: "http://db" } },
      '--host must be an address such as 127.0.0.1, ::1, 0.0.0.0 or localhost, got "http://db"',
    ],
    [
      { env: { LOGGIA_PUBLIC_URL: "mlflow.example.org" } },
      '--public-url must be a URL such as https://mlflow.example.org, got "mlflow.example.org" (from LOGGIA_PUBLIC_URL)',
    ],
    [
      { flags: { "drain-timeout": "soon" } },
      '--drain-timeout must be a duration such as 500ms, 30s or 2m, got "soon"',
    ],
    [
      { flags: { "statement-timeout": "5ms" } },
      '--statement-timeout must be a duration such as 500ms, 30s or 2m, at least 100ms, got "5ms"',
    ],
    [{ flags: { "named-statements": "maybe" } }, '--named-statements must be on or off, got "maybe"'],
    [{ flags: { "log-format": "xml" } }, '--log-format must be one of json, text, got "xml"'],
    [{ flags: { "data-dir": "" } }, '--data-dir must be a path, got ""'],
    [
      { env: { DATABASE_URL: "mysql://root:secret@db/x" } },
      "--database-url must be a URL such as postgres://user:password@host:5432/database (from DATABASE_URL)",
    ],
    [{ file: { ports: 1 } }, 'unknown setting "ports" in file.json'],
    [{ file: { port: [1] } }, 'setting "port" in file.json must be a string, a number or true or false'],
    [{ file: "{" }, "the configuration file file.json is not valid JSON"],
    [{ file: "[]" }, "the configuration file file.json must be one JSON object"],
    [{ flags: { config: "absent.json" } }, "cannot read the configuration file absent.json (ENOENT)"],
  ])("%j", (given, message) => {
    expect(() => read(given)).toThrow(new SettingError(message));
  });
});

describe("the command line", () => {
  test("has the command, its switches and the flags in any order", () => {
    expect(readArguments(["--port=1", "serve", "--migrate", "--host", "::1"])).toEqual({
      command: "serve",
      rest: [],
      switches: new Set(["migrate"]),
      values: {},
      flags: { port: "1", host: "::1" },
    });
  });

  test("has a command of two words, the words after it, its own flags beside the settings", () => {
    expect(
      readArguments(["token", "--scope", "api", "create", "--project=team/vision", "--scope", "read_api"]),
    ).toMatchObject({
      command: "token create",
      rest: [],
      values: { project: "team/vision", scope: "api,read_api" },
      flags: {},
    });
    expect(readArguments(["project", "create", "team/vision", "--data-dir", "d"])).toEqual({
      command: "project create",
      rest: ["team/vision"],
      switches: new Set(),
      values: {},
      flags: { "data-dir": "d" },
    });
  });

  test("a flag takes a value in every command that has it, or in none", () => {
    const kinds = new Map<string, boolean>();
    for (const { flags } of Object.values(commands))
      for (const [name, { value }] of Object.entries(flags)) {
        expect([name, kinds.get(name) ?? value !== undefined]).toEqual([name, value !== undefined]);
        kinds.set(name, value !== undefined);
        expect(Object.values(settings).map((setting) => setting.flag)).not.toContain(name);
      }
    expect(kinds.size).toBeGreaterThan(10);
  });

  test.each([
    [["sevre"], 'unknown command "sevre"; did you mean serve?'],
    [["dance"], 'unknown command "dance"; see loggia --help'],
    [["serve", "--prot", "1"], "unknown flag --prot; did you mean --port?"],
    [["serve", "-x"], "unknown flag -x; see loggia --help"],
    [["serve", "--port"], "--port needs a value"],
    [["serve", "--port", "--host", "::1"], "--port needs a value"],
    [["serve", "--migrate=yes"], "--migrate takes no value"],
    [["serve", "--json"], "--json is no flag of loggia serve"],
    [["project", "crate"], 'unknown command "project crate"; did you mean project create?'],
    [["project", "paint"], 'unknown command "project paint"; see loggia project --help'],
    [["tokne", "list"], 'unknown command "tokne"; did you mean token?'],
    [["toString"], 'unknown command "toString"; see loggia --help'],
    [["member", "add", "ada", "--rôle", "x"], "unknown flag --rôle; did you mean --role?"],
    [["project", "list", "--role", "owner"], "--role is no flag of loggia project list"],
    [["token", "create", "--scope"], "--scope needs a value"],
  ])("%j is refused", (argv, message) => {
    expect(() => readArguments(argv)).toThrow(new SettingError(message));
  });
});

describe("texts", () => {
  test("help of all names every command, help of a group its commands, help of a command its words and flags", () => {
    for (const [name, { about, flags, words = [] }] of Object.entries(commands)) {
      const [first = "", second] = name.split(" ");
      expect(help()).toContain(first);
      if (second !== undefined) expect(help(first)).toContain(about);
      expect(help(name)).toContain(["loggia", name, ...words].join(" "));
      for (const [flag, { about }] of Object.entries(flags)) {
        expect(help(name)).toContain(`--${flag}`);
        expect(help(name)).toContain(about);
      }
    }
    for (const about of Object.values(groups)) expect(help()).toContain(about);
  });

  test.each(Object.values(settings))("help tells of --$flag, its variable and its default", (setting) => {
    const text = help("serve");
    expect(text).toContain(`--${setting.flag} ${setting.placeholder}`);
    expect(text).toContain(`${setting.env}, default ${setting.default ?? setting.defaultText}`);
  });

  test("help of a command tells of the settings that count for it, and of no others", () => {
    const counting = (command: string) =>
      Object.values(settings)
        .filter(({ flag, placeholder }) =>
          new RegExp(`^  --${flag} ${placeholder.replace("|", "[|]")} `, "m").test(help(command)),
        )
        .map(({ group }) => group);
    expect(new Set(counting("token create"))).toEqual(new Set(["Address", "Data", "Database"]));
    expect(new Set(counting("project create"))).toEqual(new Set(["Data", "Database"]));
    expect(new Set(counting("watch"))).toEqual(new Set(["Address"]));
  });

  test("the README's table of settings is the one of the code", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const table = /<!-- settings -->\n(.*)\n<!-- \/settings -->/s.exec(readme)?.[1];
    expect(table).toBe(settingsTable());
  });

  test("a record of the log is one readable line, with the stack of an error below", () => {
    const time = new Date(2026, 0, 2, 3, 4, 5).getTime();
    const record = { level: 40, time, pid: 1, hostname: "h", reqId: "r1", msg: "slow" };
    expect(asText(`${JSON.stringify(record)}\n`)).toBe("03:04:05 warn  slow reqId=r1\n");
    const failure = { ...record, level: 50, err: { stack: "Error: x\n    at y" } };
    expect(asText(JSON.stringify(failure))).toBe("03:04:05 error slow reqId=r1\n  Error: x\n      at y\n");
  });
});

describe("the settings for CI", () => {
  test("take addresses over https, or of this machine, without a slash at their end", () => {
    const { config } = read({
      flags: {
        "gitlab-url": "https://gitlab.example.org/gitlab/",
        "ci-issuers": "http://127.0.0.1:1/, https://a.b",
      },
    });
    expect(config.gitlabUrl).toBe("https://gitlab.example.org/gitlab");
    expect(config.ciIssuers).toEqual(["http://127.0.0.1:1", "https://a.b"]);
    for (const flags of [
      { "gitlab-url": "http://gitlab.example.org" },
      { "ci-issuers": "https://a.b,ftp://c.d" },
    ])
      expect(() => read({ flags })).toThrow(SettingError);
  });

  test("show GitLab's token and the secret of the OpenID client neither when asked for nor when it is wrong", () => {
    const { config, shown } = read({
      env: { LOGGIA_GITLAB_TOKEN: "glpat-hunter2", LOGGIA_OIDC_CLIENT_SECRET: "oidc-hunter2" },
    });
    expect(config.oidcClientSecret).toBe("oidc-hunter2");
    expect(config.gitlabToken).toBe("glpat-hunter2");
    expect(JSON.stringify(shown)).not.toContain("hunter2");
    expect(() => read({ env: { LOGGIA_GITLAB_TOKEN: "glpat hunter2" } })).toThrow(
      /^--gitlab-token must be visible characters without spaces \(from LOGGIA_GITLAB_TOKEN\)$/,
    );
  });
});
