/** The text of `loggia --help` and `loggia help COMMAND`. */
import { defaultFile, fileSetting, settings } from "../config.ts";
import { commands } from "./commands.ts";

/** Help about one command, or about all of `loggia`. */
export function help(command?: string): string {
  const one = command === undefined ? undefined : commands[command];
  if (command === undefined || one === undefined)
    return [
      "Loggia, an MLflow tracking server on Postgres.",
      "",
      "Usage: loggia COMMAND [FLAGS]",
      "",
      "Commands",
      ...columns(Object.entries(commands).map(([name, { about }]) => [name, about])),
      "",
      "Flags of single commands",
      ...columns(
        Object.entries(commands).flatMap(([name, { switches }]) =>
          Object.entries(switches).map(([flag, about]): [string, string] => [`${name} --${flag}`, about]),
        ),
      ),
      "",
      ...settingsHelp(),
    ].join("\n");
  const switches = Object.entries(one.switches).map(([flag, about]): [string, string] => [
    `--${flag}`,
    about,
  ]);
  const usage = one.settings ? "[FLAGS]" : "[COMMAND]";
  return [
    `Usage: loggia ${command} ${usage}`,
    "",
    one.about,
    ...(switches.length === 0 ? [] : ["", "Flags", ...columns(switches)]),
    ...(one.settings ? ["", ...settingsHelp()] : []),
  ].join("\n");
}

function settingsHelp(): string[] {
  const all = Object.values(settings);
  const groups = [...new Set(all.map((setting) => setting.group))];
  const width = Math.max(...all.map((setting) => `--${setting.flag} ${setting.placeholder}`.length));
  return [
    ...groups.flatMap((group) => [
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
          `A JSON object of the settings above, named as the flags are.\n${fileSetting.env}, default ${defaultFile} in the working directory, if there`,
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
