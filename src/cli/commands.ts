/** The commands of `loggia`: what each is for, what it takes, and where it is. Nothing of a command is loaded before it runs. */
import type { Action } from "./action.ts";
import { administration } from "./administration-commands.ts";

export interface Flag {
  /** What stands for the value in the help; absent: a switch. */
  value?: string;
  about: string;
  /** May be given several times, or with commas. */
  list?: true;
}

export interface Command {
  about: string;
  /** What follows the command, as the help names it. */
  words?: readonly string[];
  flags: Record<string, Flag>;
  /** Which settings count for it: all, those about data, about where clients reach the server, about both, or none. */
  settings: "all" | "data" | "address" | "address and data" | "none";
  /** For a command that works on the database and ends; what the others do is in main.ts. */
  load?: () => Promise<Action>;
}

export const commands: Record<string, Command> = {
  serve: {
    about: "Run the server until Ctrl-C or SIGTERM.",
    flags: {
      migrate: { about: "Bring the schema of a database server up to date first." },
      open: {
        about: "Ask for no tokens again, though there were some: on this machine, once all are revoked.",
      },
    },
    settings: "all",
  },
  migrate: {
    about: "Bring the database's schema up to date, and end.",
    flags: {},
    settings: "data",
  },
  config: {
    about: "Print every setting, its value and where it comes from.",
    flags: { json: { about: "Print JSON." } },
    settings: "all",
  },
  watch: {
    about: "Print the metrics of a run as they come, until it ends; or of the runs of an experiment.",
    words: ["[RUN]"],
    flags: {
      experiment: { value: "ID", about: "All runs of an experiment, until Ctrl-C." },
      "tracking-uri": {
        value: "URI",
        about: "Where the server is: $MLFLOW_TRACKING_URI, or that of the settings.",
      },
      json: { about: "Print a line of JSON for each value." },
    },
    settings: "address",
  },
  ...administration,
  help: {
    about: "Describe a command.",
    flags: {},
    settings: "none",
  },
};

/** The first words that stand for several commands. */
export const groups: Record<string, string> = {
  project: "Projects: create, list, show, rename, archive, delete, and their settings.",
  member: "Who may do what in a project.",
  user: "The people whom projects have as members.",
  token: "Tokens with which clients reach the server.",
  audit: "The log of who did what.",
};
