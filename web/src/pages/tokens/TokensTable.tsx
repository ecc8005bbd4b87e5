import type { Token } from "../../api/tokens.ts";
import { exactTime } from "../../format/time.ts";
import { IconButton } from "../../parts/Button.tsx";
import { Menu, MenuItem } from "../../parts/Menu.tsx";
import { ActionsHead, Cell, Head, Row, Table, tableStyles } from "../../parts/Table.tsx";
import { Ago } from "../../parts/Time.tsx";
import { WaitingRows } from "../../parts/WaitingRows.tsx";
import { endOf } from "./expiry.ts";
import styles from "./Tokens.module.css";

const time = (ms: bigint | undefined) => (ms === undefined ? undefined : Number(ms));

/** What a card says beside a time, or beside “Never”. */
const told = (word: string, time: bigint | number | undefined) =>
  time === undefined ? { "data-after": word } : { "data-before": word };

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
  <Table
    label={label}
    heads={
      <>
        <Head>Name</Head>
        <Head>Role</Head>
        <Head>Scopes</Head>
        <Head>Created</Head>
        <Head>Last used</Head>
        <Head>Ends</Head>
        <ActionsHead />
      </>
    }
  >
    {tokens === undefined ? (
      <WaitingRows columns={7} />
    ) : (
      tokens.map((token) => (
        <TokenRow key={String(token.tokenId)} token={token} onRevoke={onRevoke} onRotate={onRotate} />
      ))
    )}
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
    <Row className={isOver ? styles.over : undefined}>
      <Cell>
        <span className={styles.name}>{token.name}</span>
        <code className={styles.hint} title="The last characters of the secret">
          …{token.hint}
        </code>
      </Cell>
      <Cell>{token.role ?? "As the user"}</Cell>
      <Cell>
        <span className={styles.scope}>
          {token.scopes.map((scope) => (
            <code key={scope}>{scope}</code>
          ))}
        </span>
      </Cell>
      <Cell data-before="created" className={styles.soft} title={`by ${token.createdBy}`}>
        <Ago time={time(token.createdAt)} />
      </Cell>
      <Cell
        {...told("used", token.lastUsedAt)}
        className={styles.soft}
        title={token.lastUsedAddress && `from ${token.lastUsedAddress}`}
      >
        {token.lastUsedAt === undefined ? "Never" : <Ago time={time(token.lastUsedAt)} />}
      </Cell>
      <Cell
        {...(isOver ? {} : told("ends", at))}
        className={isNear ? styles.warn : styles.soft}
        title={at === undefined ? undefined : exactTime(at)}
      >
        {text}
      </Cell>
      <Cell className={tableStyles.last}>
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
      </Cell>
    </Row>
  );
}
