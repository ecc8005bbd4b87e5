/** The commands that work on the database and end: projects, members, users, tokens, audit log, garbage. */
import type { Command, Flag } from "./commands.ts";

const json: Flag = { about: "Print JSON." };
const yes: Flag = { about: "Do not ask." };
const quiet: Flag = { about: "Print the token alone." };
const project: Flag = { value: "PROJECT", about: "The project, by its path or number." };
const role: Flag = { value: "ROLE", about: "guest, reporter, developer, maintainer or owner." };
const expires: Flag = {
  value: "WHEN",
  about: "After how long it ends, such as 12h or 30d, or on which day, such as 2030-01-31, or never.",
};

const projectSettings: Record<string, Flag> = {
  name: { value: "NAME", about: "What people call it." },
  description: { value: "TEXT", about: "What it is about." },
  visibility: {
    value: "WHO",
    about:
      "Who may read it: public (whoever has a token, or with --anonymous-reads everyone), members, or disabled (nobody).",
  },
  retention: {
    value: "DAYS",
    about: "After how many days what was deleted is gone, such as 30d; none: never.",
  },
  "quota-runs": { value: "NUMBER", about: "Runs at most; none: without end." },
  "quota-points": { value: "NUMBER", about: "Metric points per minute at most; none: without end." },
  "quota-artifacts": {
    value: "SIZE",
    about: "Bytes of artifacts at most, such as 500GB; none: without end.",
  },
};

const events: Record<string, Flag> = {
  project: { value: "PROJECT", about: "Those of a project; default: of the server and of all projects." },
  actor: { value: "NAME", about: "Only what this one did." },
  action: { value: "ACTION", about: "Only this, such as token.create, or token.* for all about tokens." },
  from: { value: "WHEN", about: "Only since then, such as 7d, 2030-01-31 or 2030-01-31T12:00:00Z." },
  until: { value: "WHEN", about: "Only what was before then." },
};

const projects = () => import("./projects.ts");
const members = () => import("./members.ts");
const users = () => import("./users.ts");
const tokens = () => import("./tokens.ts");
const audit = () => import("./audit.ts");

export const administration: Record<string, Command> = {
  "project create": {
    about: "Make a project.",
    words: ["PATH"],
    flags: { ...projectSettings, json },
    settings: "data",
    load: async () => (await projects()).create,
  },
  "project list": {
    about: "List the projects.",
    flags: { json },
    settings: "data",
    load: async () => (await projects()).list,
  },
  "project show": {
    about: "Show a project: its settings and what it holds.",
    words: ["PROJECT"],
    flags: { json },
    settings: "address and data",
    load: async () => (await projects()).show,
  },
  "project set": {
    about: "Change the settings of a project.",
    words: ["PROJECT"],
    flags: { ...projectSettings, json },
    settings: "data",
    load: async () => (await projects()).set,
  },
  "project rename": {
    about: "Give a project another path; its number, and addresses with it, stay.",
    words: ["PROJECT", "PATH"],
    flags: { json },
    settings: "data",
    load: async () => (await projects()).rename,
  },
  "project archive": {
    about: "Let a project be read and no longer written.",
    words: ["PROJECT"],
    flags: { json },
    settings: "data",
    load: async () => (await projects()).archive,
  },
  "project unarchive": {
    about: "Let a project be written again.",
    words: ["PROJECT"],
    flags: { json },
    settings: "data",
    load: async () => (await projects()).unarchive,
  },
  "project delete": {
    about: "Delete a project with everything in it.",
    words: ["PROJECT"],
    flags: { yes, json },
    settings: "data",
    load: async () => (await projects()).remove,
  },
  "member add": {
    about: "Give a user a role in a project, or another one.",
    words: ["USERNAME"],
    flags: { project, role, json },
    settings: "data",
    load: async () => (await members()).add,
  },
  "member list": {
    about: "List who is a member of a project.",
    flags: { project, json },
    settings: "data",
    load: async () => (await members()).list,
  },
  "member remove": {
    about: "Take a user out of a project.",
    words: ["USERNAME"],
    flags: { project, json },
    settings: "data",
    load: async () => (await members()).remove,
  },
  "user create": {
    about: "Make a user.",
    words: ["USERNAME"],
    flags: {
      name: { value: "NAME", about: "The person's name." },
      admin: { about: "Let them administer the whole server." },
      json,
    },
    settings: "data",
    load: async () => (await users()).create,
  },
  "user list": {
    about: "List the users.",
    flags: { json },
    settings: "data",
    load: async () => (await users()).list,
  },
  "user block": {
    about: "Refuse all tokens of a user.",
    words: ["USERNAME"],
    flags: { json },
    settings: "data",
    load: async () => (await users()).block,
  },
  "user unblock": {
    about: "Accept the tokens of a user again.",
    words: ["USERNAME"],
    flags: { json },
    settings: "data",
    load: async () => (await users()).unblock,
  },
  "user admin": {
    about: "Let a user administer the whole server.",
    words: ["USERNAME"],
    flags: { off: { about: "Take that right away." }, json },
    settings: "data",
    load: async () => (await users()).admin,
  },
  "token create": {
    about: "Make a token and print it, this once.",
    flags: {
      project: { value: "PROJECT", about: "The project in which it works, by its path or number." },
      role: { ...role, about: `What it may do in the project: ${role.about}` },
      user: {
        value: "USERNAME",
        about: "Whose token it is: it may do what they may, with --project there alone.",
      },
      scope: {
        value: "SCOPE",
        about:
          "What it is for: api (default), read_api, write_runs, read_artifacts, write_artifacts, admin_project; several with commas.",
        list: true,
      },
      expires,
      name: { value: "NAME", about: "What it is called in lists and in the audit log." },
      quiet,
      json,
    },
    settings: "address and data",
    load: async () => (await tokens()).create,
  },
  "token list": {
    about: "List tokens: of a project, of a user, or all.",
    flags: {
      project: { value: "PROJECT", about: "Those that belong to a project, and to no user." },
      user: { value: "USERNAME", about: "Those of a user." },
      all: { about: "Also those that were revoked or have expired." },
      json,
    },
    settings: "data",
    load: async () => (await tokens()).list,
  },
  "token revoke": {
    about: "End a token at once.",
    words: ["NUMBER"],
    flags: { json },
    settings: "data",
    load: async () => (await tokens()).revoke,
  },
  "token rotate": {
    about: "End a token and print another with the same rights.",
    words: ["NUMBER"],
    flags: { expires, quiet, json },
    settings: "address and data",
    load: async () => (await tokens()).rotate,
  },
  "audit list": {
    about: "Print the newest events.",
    flags: {
      ...events,
      limit: { value: "NUMBER", about: "How many at most; default 50." },
      json,
    },
    settings: "data",
    load: async () => (await audit()).list,
  },
  "audit export": {
    about: "Print all events, oldest first, as NDJSON.",
    flags: events,
    settings: "data",
    load: async () => (await audit()).exportAll,
  },
  gc: {
    about: "Remove for good what was deleted: rows, and the bytes of artifacts.",
    flags: {
      project: { value: "PROJECT", about: "In a project; default: in all." },
      "older-than": {
        value: "DAYS",
        about: "Only what was deleted so long ago, such as 30d; default: what the projects' retention says.",
      },
      "dry-run": { about: "Only say what it would be." },
      yes,
      json,
    },
    settings: "data",
    load: async () => (await import("./gc.ts")).gc,
  },
};
