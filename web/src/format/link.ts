/** An address that somebody logged, if it is one of the web; anything else, such as `javascript:`, is no link. */
export function safeLink(address: string | undefined): string | undefined {
  const url = URL.parse(address ?? "");
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : undefined;
}
