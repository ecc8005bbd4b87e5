import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type User, userChanges, usersQuery } from "../../api/members.ts";
import { Button, IconButton } from "../../parts/Button.tsx";
import { ConfirmDialog } from "../../parts/ConfirmDialog.tsx";
import { SearchBox } from "../../parts/Field.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../parts/Menu.tsx";
import { FailureLine, FailureNotice, Notice } from "../../parts/Notice.tsx";
import { ActionsHead, Cell, Head, Row, Table, tableStyles } from "../../parts/Table.tsx";
import { Ago } from "../../parts/Time.tsx";
import { toast } from "../../parts/Toast.tsx";
import { WaitingRows } from "../../parts/WaitingRows.tsx";
import { Section, sectionStyles as styles } from "../settings/Sections.tsx";
import { UserDialog } from "./UserDialog.tsx";

type Opened = { dialog: "edit" | "block"; user: User } | { dialog: "create" };

/** The users of the server. @param viewer the viewer's own username, who does not block themselves. */
export function UsersSection({ viewer, onTokens }: { viewer: string; onTokens: (username: string) => void }) {
  const { data: users, error, refetch } = useQuery(usersQuery);
  const [search, setSearch] = useState("");
  const [open, setOpen] = useState<Opened>();
  const close = () => setOpen(undefined);
  const unblock = useMutation({
    mutationFn: (user: User) => userChanges().unblock(user.username),
    onSuccess: (_, { username }) => toast(`Unblocked ${username}.`),
  });
  if (error !== null && users === undefined) return <FailureNotice error={error} retry={refetch} />;
  const wanted = search.trim().toLowerCase();
  const found = users?.filter(
    ({ username, name }) => username.toLowerCase().includes(wanted) || name.toLowerCase().includes(wanted),
  );
  return (
    <Section
      title="Users"
      lead="A user has no password: they sign in with a token, or through the OpenID provider where one is set up."
      tools={
        <>
          <SearchBox label="Find a user" value={search} onChange={(event) => setSearch(event.target.value)} />
          <Button kind="primary" icon="add" onClick={() => setOpen({ dialog: "create" })}>
            New user
          </Button>
        </>
      }
    >
      {unblock.error === null ? null : <FailureLine error={unblock.error} />}
      {found?.length === 0 ? (
        <Notice icon="user" title={wanted === "" ? "No users yet" : "No user has this name"} />
      ) : (
        <Table
          label="Users"
          heads={
            <>
              <Head>User</Head>
              <Head>State</Head>
              <Head>Created</Head>
              <ActionsHead />
            </>
          }
        >
          {found === undefined ? (
            <WaitingRows columns={4} />
          ) : (
            found.map((user) => (
              <Row key={user.username}>
                <Cell>
                  <span className={styles.who}>
                    {user.username}
                    {user.isAdmin ? <span className={styles.mark}>Administrator</span> : null}
                  </span>
                  {user.name === "" ? null : <span>{user.name}</span>}
                </Cell>
                <Cell>
                  {user.blockedAt === undefined ? (
                    "Active"
                  ) : (
                    <span className={styles.mark} data-bad="">
                      Blocked
                    </span>
                  )}
                </Cell>
                <Cell data-before="created" className={styles.time}>
                  <Ago time={Number(user.createdAt)} />
                </Cell>
                <Cell className={tableStyles.last}>
                  <Menu
                    align="end"
                    trigger={<IconButton icon="more" label={`Actions for ${user.username}`} />}
                  >
                    <MenuItem icon="edit" onSelect={() => setOpen({ dialog: "edit", user })}>
                      Edit …
                    </MenuItem>
                    <MenuItem icon="lock" onSelect={() => onTokens(user.username)}>
                      Tokens
                    </MenuItem>
                    <MenuSeparator />
                    {user.blockedAt === undefined ? (
                      <MenuItem
                        icon="close"
                        danger
                        disabled={user.username === viewer}
                        onSelect={() => setOpen({ dialog: "block", user })}
                      >
                        Block …
                      </MenuItem>
                    ) : (
                      <MenuItem icon="restore" onSelect={() => unblock.mutate(user)}>
                        Unblock
                      </MenuItem>
                    )}
                  </Menu>
                </Cell>
              </Row>
            ))
          )}
        </Table>
      )}
      {open?.dialog === "create" ? <UserDialog onClose={close} /> : null}
      {open?.dialog === "edit" ? <UserDialog user={open.user} onClose={close} /> : null}
      {open?.dialog === "block" ? (
        <ConfirmDialog
          title={`Block ${open.user.username}?`}
          action="Block user"
          run={() => userChanges().block(open.user.username)}
          onDone={() => toast(`Blocked ${open.user.username}.`)}
          onClose={close}
        >
          <p>All of their tokens and sessions are refused at once, until they are unblocked.</p>
        </ConfirmDialog>
      ) : null}
    </Section>
  );
}
