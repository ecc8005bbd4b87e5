/** The commands of `loggia` and the switches that only one of them has. What they do is in main.ts. */
export const commands: Record<
  string,
  { about: string; switches: Record<string, string>; settings: boolean }
> = {
  serve: {
    about: "Run the server until Ctrl-C or SIGTERM.",
    switches: { migrate: "Bring the schema of a database server up to date first." },
    settings: true,
  },
  migrate: {
    about: "Bring the database's schema up to date, and end.",
    switches: {},
    settings: true,
  },
  config: {
    about: "Print every setting, its value and where it comes from.",
    switches: { json: "Print JSON." },
    settings: true,
  },
  help: {
    about: "Describe a command.",
    switches: {},
    settings: false,
  },
};
