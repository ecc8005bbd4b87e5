import type { Token } from "../../api/tokens.ts";
import { exactTime } from "../../format/time.ts";
import { IconButton } from "../../parts/Button.tsx";
import { Menu, MenuItem } from "../../parts/Menu.tsx";
import { Table, tableStyles } from "../../parts/Table.tsx";
import { Ago } from "../../parts/Time.tsx";
import { WaitingRows } from "../../parts/WaitingRows.tsx";
import { endOf } from "./expiry.ts";
import styles from "./Tokens.module.css";

const time = (ms: bigint | undefined) => (ms === undefined ? undefined : Number(ms));

/** @param tokens undefined while they are on their way. */
export const TokensTable = ({
  label,
  tokens,
  onRevoke,
  onRotate,
}: {
  label: string;
  tokens: readonly Token[] | undefined;
  onRevoke: (token: Token) => void;
  onRotate: (token: Token) => void;
}) => (
  <Table label={label}>
    <thead>
      <tr>
        <th scope="col">Name</th>
        <th scope="col">Role</th>
        <th scope="col">Scopes</th>
        <th scope="col">Created</th>
        <th scope="col">Last used</th>
        <th scope="col">Ends</th>
        <th scope="col">
          <span className="visually-hidden">Actions</span>
        </th>
      </tr>
    </thead>
    <tbody>
      {tokens === undefined ? (
        <WaitingRows columns={7} />
      ) : (
        tokens.map((token) => (
          <TokenRow key={String(token.tokenId)} token={token} onRevoke={onRevoke} onRotate={onRotate} />
        ))
      )}
    </tbody>
  </Table>
);

function TokenRow({
  token,
  onRevoke,
  onRotate,
}: {
  token: Token;
  onRevoke: (token: Token) => void;
  onRotate: (token: Token) => void;
}) {
  const { text, isOver, isNear, at } = endOf(token, Date.now());
  return (
    <tr className={isOver ? styles.over : undefined}>
      <td>
        <span className={styles.name}>{token.name}</span>
        <code className={styles.hint} title="The last characters of the secret">
          …{token.hint}
        </code>
      </td>
      <td>{token.role ?? "As the user"}</td>
      <td>
        <span className={styles.scope}>
          {token.scopes.map((scope) => (
            <code key={scope}>{scope}</code>
          ))}
        </span>
      </td>
      <td className={styles.soft} title={`by ${token.createdBy}`}>
        <Ago time={time(token.createdAt)} />
      </td>
      <td className={styles.soft} title={token.lastUsedAddress && `from ${token.lastUsedAddress}`}>
        {token.lastUsedAt === undefined ? "Never" : <Ago time={time(token.lastUsedAt)} />}
      </td>
      <td className={isNear ? styles.warn : styles.soft} title={at === undefined ? undefined : exactTime(at)}>
        {text}
      </td>
      <td className={tableStyles.last}>
        {isOver ? null : (
          <Menu align="end" trigger={<IconButton icon="more" label={`Actions for ${token.name}`} />}>
            <MenuItem icon="restore" onSelect={() => onRotate(token)}>
              Rotate …
            </MenuItem>
            <MenuItem icon="trash" danger onSelect={() => onRevoke(token)}>
              Revoke …
            </MenuItem>
          </Menu>
        )}
      </td>
    </tr>
  );
}
