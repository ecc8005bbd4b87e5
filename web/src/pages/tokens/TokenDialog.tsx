import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Role } from "../../api/members.ts";
import { type MadeToken, type Scope, scopes, type TokenList } from "../../api/tokens.ts";
import { viewerQuery } from "../../api/viewer.ts";
import { Button } from "../../parts/Button.tsx";
import { CheckField, SelectField } from "../../parts/Choice.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextField } from "../../parts/Field.tsx";
import { FailureLine } from "../../parts/Notice.tsx";
import { roleChoices, roleHints } from "../settings/roles.ts";
import { expiryOf, type Lifetime, lifetimes } from "./expiry.ts";
import styles from "./Tokens.module.css";

const asUser = { value: "user", text: "As much as the user" } as const;

/** Asks what a new token is to be, and makes it. */
export function TokenDialog({
  list,
  onMade,
  onClose,
}: {
  list: TokenList;
  onMade: (made: MadeToken) => void;
  onClose: () => void;
}) {
  const isPersonal = list.kind === "personal";
  const { data } = useQuery(viewerQuery);
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role | "user">(isPersonal ? "user" : "developer");
  const [held, setHeld] = useState<readonly Scope[]>(["api"]);
  const [lifetime, setLifetime] = useState<Lifetime>("30");
  const [date, setDate] = useState("");
  const make = useMutation({
    mutationFn: () =>
      list.create({
        name: name.trim(),
        role: role === "user" ? undefined : role,
        scopes: held,
        expiresAt: expiryOf(lifetime, date, Date.now()),
      }),
    onSuccess(made) {
      onMade(made);
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  const lives: readonly { value: Lifetime; text: string }[] = data?.viewer.isAdministrator
    ? [...lifetimes, { value: "never", text: "Never" }]
    : lifetimes;
  return (
    <Dialog title="New token" onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <TextField
          label="Name"
          required
          autoFocus
          maxLength={255}
          value={name}
          onChange={(event) => setName(event.target.value)}
          hint="What uses it: nightly training, notebook, …"
        />
        <div className={styles.pair}>
          <SelectField
            label={isPersonal ? "Role at most" : "Role"}
            value={role}
            choices={isPersonal ? [asUser, ...roleChoices] : roleChoices}
            onChoose={setRole}
            hint={role === "user" ? "In each project, what you are there." : roleHints[role]}
          />
          <SelectField label="Lifetime" value={lifetime} choices={lives} onChoose={setLifetime} />
        </div>
        {lifetime === "date" ? (
          <TextField
            label="Last day"
            type="date"
            required
            value={date}
            onChange={(event) => setDate(event.target.value)}
          />
        ) : null}
        <fieldset className={styles.scopes}>
          <legend>Scopes</legend>
          {scopes.map(({ value, hint }) => (
            <CheckField
              key={value}
              label={<code>{value}</code>}
              hint={hint}
              checked={held.includes(value)}
              onCheck={(isHeld) =>
                setHeld(isHeld ? [...held, value] : held.filter((scope) => scope !== value))
              }
            />
          ))}
        </fieldset>
        {make.error === null ? null : <FailureLine error={make.error} />}
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            disabled={make.isPending || name.trim() === "" || held.length === 0}
          >
            Create token
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
