import type { TokenRow } from "../store/tokens.ts";

/** A token without its secret, which nobody knows. */
export const toToken = (row: TokenRow) => ({
  tokenId: row.token_id,
  kind: row.kind,
  name: row.name,
  hint: row.hint,
  ...(row.username !== null && { username: row.username }),
  ...(row.project_id !== null && { projectId: row.project_id }),
  ...(row.role !== null && { role: row.role }),
  scopes: row.scopes,
  createdAt: milliseconds(row.created_at),
  createdBy: row.created_by,
  ...(row.expires_at !== null && { expiresAt: milliseconds(row.expires_at) }),
  ...(row.revoked_at !== null && { revokedAt: milliseconds(row.revoked_at) }),
  ...(row.last_used_at !== null && { lastUsedAt: milliseconds(row.last_used_at) }),
  ...(row.last_used_address !== null && { lastUsedAddress: row.last_used_address }),
});

const milliseconds = (date: Date) => BigInt(date.getTime());
