import { Notice } from "../../parts/Notice.tsx";

const article = (word: string) => (/^[aeiou]/.test(word) ? "an" : "a");

/** In place of a section that the viewer may not use. */
export const Reserved = ({ what, least, role }: { what: string; least: string; role: string }) => (
  <Notice icon="lock" title={`${what} for ${least}s alone`}>
    <p>
      You are {article(role)} {role} in this project, or your token allows no more. Ask {article(least)}{" "}
      {least} of it.
    </p>
  </Notice>
);
