/** The text of `loggia --help` and `loggia help COMMAND`. */
import { defaultFile, fileSetting, settings } from "../config.ts";
import { type Command, commands, groups } from "./commands.ts";

/** Help about one command, about a group of them, or about all of `loggia`. */
export function help(command?: string): string {
  if (command === undefined) return overview();
  const one = commands[command];
  if (one === undefined) return groupHelp(command);
  const flags = Object.entries(one.flags);
  const takesFlags = flags.length > 0 || one.settings !== "none";
  const words = command === "help" ? ["[COMMAND]"] : (one.words ?? []);
  return [
    `Usage: ${["loggia", command, ...words, ...(takesFlags ? ["[FLAGS]"] : [])].join(" ")}`,
    "",
    one.about,
    ...(flags.length === 0
      ? []
      : [
          "",
          "Flags",
          ...columns(
            flags.map(([flag, { value, about }]) => [`--${[flag, value].filter(Boolean).join(" ")}`, about]),
          ),
        ]),
    ...(one.settings === "none" ? [] : ["", ...settingsHelp(one.settings)]),
  ].join("\n");
}

function overview(): string {
  const alone = Object.entries(commands).filter(([name]) => !name.includes(" "));
  return [
    "Loggia, an MLflow tracking server on Postgres.",
    "",
    "Usage: loggia COMMAND [FLAGS]",
    "",
    "Commands",
    ...columns(alone.map(([name, { about }]) => [name, about])),
    "",
    "Administration",
    ...columns(
      Object.entries(groups).map(([group, about]) => [
        group,
        `${about}\n${membersOf(group)
          .map(([name]) => name.slice(group.length + 1))
          .join(", ")}`,
      ]),
    ),
    "",
    '"loggia help COMMAND" tells of the flags of one.',
    "",
    ...settingsHelp("all"),
  ].join("\n");
}

function groupHelp(group: string): string {
  return [
    `Usage: loggia ${group} COMMAND [FLAGS]`,
    "",
    groups[group] ?? "",
    "",
    "Commands",
    ...columns(membersOf(group).map(([name, { words = [], about }]) => [[name, ...words].join(" "), about])),
    "",
    `"loggia help ${group} COMMAND" tells of the flags of one.`,
  ].join("\n");
}

const membersOf = (group: string) =>
  Object.entries(commands).filter(([name]) => name.startsWith(`${group} `));

/** The groups of settings that count; undefined: all of them. */
const groupsThatCount: Partial<Record<Command["settings"], readonly string[]>> = {
  data: ["Data", "Database"],
  address: ["Address"],
  "address and data": ["Address", "Data", "Database"],
};

function settingsHelp(which: Exclude<Command["settings"], "none">): string[] {
  const counting = groupsThatCount[which];
  const all = Object.values(settings).filter(
    ({ group }) => counting === undefined || counting.includes(group),
  );
  const inGroups = [...new Set(all.map((setting) => setting.group))];
  const width = Math.max(...all.map((setting) => `--${setting.flag} ${setting.placeholder}`.length));
  return [
    ...inGroups.flatMap((group) => [
      group,
      ...columns(
        all
          .filter((setting) => setting.group === group)
          .map((setting) => [
            `--${setting.flag} ${setting.placeholder}`,
            `${setting.about}\n${setting.env}, default ${setting.default ?? setting.defaultText}`,
          ]),
        width,
      ),
      "",
    ]),
    "Configuration file",
    ...columns(
      [
        [
          `--${fileSetting.flag} ${fileSetting.placeholder}`,
          `A JSON object of the settings${which === "all" ? " above" : ""}, named as the flags are.\n${fileSetting.env}, default ${defaultFile} in the working directory, if there`,
        ],
      ],
      width,
    ),
    "",
    "A flag counts before its environment variable, that before the file, that before the default.",
  ];
}

/** Two aligned columns; a line break in the second continues it below. */
function columns(rows: [string, string][], width = Math.max(...rows.map(([left]) => left.length))): string[] {
  return rows.flatMap(([left, right]) =>
    right.split("\n").map((line, index) => `  ${(index === 0 ? left : "").padEnd(width)}  ${line}`),
  );
}
