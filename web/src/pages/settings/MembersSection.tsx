import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { failureOf } from "../../api/failure.ts";
import { type Member, memberChanges, membersQuery, type Role } from "../../api/members.ts";
import { Button, IconButton } from "../../parts/Button.tsx";
import { SelectField } from "../../parts/Choice.tsx";
import { ConfirmDialog } from "../../parts/ConfirmDialog.tsx";
import { inputClass, TextField } from "../../parts/Field.tsx";
import { FailureLine, FailureNotice, Notice } from "../../parts/Notice.tsx";
import { ActionsHead, Cell, Head, Row, Table, tableStyles } from "../../parts/Table.tsx";
import { Ago } from "../../parts/Time.tsx";
import { toast } from "../../parts/Toast.tsx";
import { WaitingRows } from "../../parts/WaitingRows.tsx";
import { roleChoices, roleHints } from "./roles.ts";
import { Section, sectionStyles as styles } from "./Sections.tsx";

/** Who is in the project, as what. */
export function MembersSection({ project }: { project: string }) {
  const { data: members, error, refetch } = useQuery(membersQuery(project));
  const [removed, setRemoved] = useState<Member>();
  const change = useMutation({
    mutationFn: ({ username, role }: { username: string; role: Role }) =>
      memberChanges(project).set(username, role),
    onSuccess: (_, { username, role }) => toast(`${username} is now ${role}.`),
  });
  if (error !== null && members === undefined) return <FailureNotice error={error} retry={refetch} />;
  return (
    <Section title="Members" lead="People sign in and log as themselves, with tokens of their own.">
      <AddMember project={project} />
      {change.error === null ? null : <FailureLine error={change.error} />}
      {members?.length === 0 ? (
        <Notice icon="user" title="No members yet">
          <p>Only administrators of the server can use this project as it is.</p>
        </Notice>
      ) : (
        <Table
          label="Members"
          heads={
            <>
              <Head>User</Head>
              <Head>Role</Head>
              <Head>Member since</Head>
              <ActionsHead />
            </>
          }
        >
          {members === undefined ? (
            <WaitingRows columns={4} />
          ) : (
            members.map((member) => (
              <Row key={member.username}>
                <Cell>
                  <span className={styles.who}>
                    {member.username}
                    {member.blocked ? (
                      <span className={styles.mark} data-bad="">
                        Blocked
                      </span>
                    ) : null}
                  </span>
                  {member.name === "" ? null : <span>{member.name}</span>}
                </Cell>
                <Cell>
                  <select
                    className={`${inputClass} ${styles.select}`}
                    aria-label={`Role of ${member.username}`}
                    title={roleHints[member.role as Role]}
                    value={member.role}
                    disabled={change.isPending}
                    onChange={(event) =>
                      change.mutate({ username: member.username, role: event.target.value as Role })
                    }
                  >
                    {roleChoices.map(({ value, text }) => (
                      <option key={value} value={value}>
                        {text}
                      </option>
                    ))}
                  </select>
                </Cell>
                <Cell data-before="joined" className={styles.time}>
                  <Ago time={Number(member.createdAt)} />
                </Cell>
                <Cell className={tableStyles.last}>
                  <IconButton
                    icon="trash"
                    label={`Remove ${member.username}`}
                    onClick={() => setRemoved(member)}
                  />
                </Cell>
              </Row>
            ))
          )}
        </Table>
      )}
      {removed === undefined ? null : (
        <ConfirmDialog
          title={`Remove ${removed.username}?`}
          action="Remove member"
          run={() => memberChanges(project).remove(removed.username)}
          onDone={() => toast(`${removed.username} is no longer a member.`)}
          onClose={() => setRemoved(undefined)}
        >
          <p>Their tokens end in this project at once. What they have logged stays.</p>
        </ConfirmDialog>
      )}
    </Section>
  );
}

function AddMember({ project }: { project: string }) {
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<Role>("developer");
  const add = useMutation({
    mutationFn: () => memberChanges(project).set(username.trim(), role),
    onSuccess() {
      toast(`${username.trim()} is now ${role}.`);
      setUsername("");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <form className={styles.add} onSubmit={submit}>
      <TextField
        label="Username"
        required
        value={username}
        onChange={(event) => setUsername(event.target.value)}
        error={add.error === null ? undefined : failureOf(add.error).message}
        hint="Whoever is named for the first time is made a user."
      />
      <SelectField
        label="Role"
        value={role}
        choices={roleChoices}
        onChoose={setRole}
        hint={roleHints[role]}
      />
      <Button type="submit" disabled={add.isPending || username.trim() === ""}>
        Add member
      </Button>
    </form>
  );
}
