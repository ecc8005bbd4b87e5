/**
 * `attachment` with a file name, for every client: a plain one in ASCII, and where that is not the name itself, the true one
 * in RFC 5987's encoding, which takes precedence (RFC 6266).
 */
export function attachment(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^\x20-\x7e]/g, "_");
  const quoted = `attachment; filename="${plain.replace(/["\\]/g, "\\$&")}"`;
  return plain === name && !name.includes("%") ? quoted : `${quoted}; filename*=UTF-8''${extended(name)}`;
}

/** encodeURIComponent leaves four characters that RFC 5987's attr-char has not. */
const extended = (name: string) =>
  encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
