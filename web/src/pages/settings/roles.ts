import { type Role, roles } from "../../api/members.ts";

export const roleChoices = roles.map((value) => ({
  value,
  text: value[0]?.toUpperCase() + value.slice(1),
}));

/** What a role allows, in a sentence. */
export const roleHints: Record<Role, string> = {
  guest: "Reads everything.",
  reporter: "Reads everything.",
  developer: "Logs, and changes and deletes what is logged.",
  maintainer: "Purges what is deleted, and changes the settings.",
  owner: "Manages members, tokens and the project itself.",
};
