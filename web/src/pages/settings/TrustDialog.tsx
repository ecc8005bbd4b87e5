import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changes, type Trust } from "../../api/ci.ts";
import { Button } from "../../parts/Button.tsx";
import { SelectField } from "../../parts/Choice.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import { TextArea } from "../../parts/Field.tsx";
import { FailureLine } from "../../parts/Notice.tsx";
import { roleChoices, roleHints } from "./roles.ts";
import { sectionStyles as styles } from "./Sections.tsx";

const jobRoles = roleChoices.filter(({ value }) => value !== "owner");

/** `project_id = 20` per line; several patterns of a claim stand apart by commas. */
const printed = (conditions: Trust["conditions"]) =>
  conditions.map(({ claim, patterns }) => `${claim} = ${patterns.join(", ")}`).join("\n");

const parsed = (text: string) =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [claim = "", ...rest] = line.split("=");
      const patterns = rest
        .join("=")
        .split(",")
        .map((pattern) => pattern.trim());
      return { claim: claim.trim(), patterns: patterns.filter(Boolean) };
    });

/** Lets jobs in whose id-tokens meet all conditions, or changes for whom a trust does. */
export function TrustDialog({
  project,
  issuers,
  trust,
  onClose,
}: {
  project: string;
  issuers: readonly string[];
  trust?: Trust;
  onClose: () => void;
}) {
  const [issuer, setIssuer] = useState(trust?.issuer ?? issuers[0] ?? "");
  const [text, setText] = useState(trust === undefined ? "" : printed(trust.conditions));
  const [role, setRole] = useState(jobRoles.find(({ value }) => value === trust?.role)?.value ?? "developer");
  const save = useMutation({
    mutationFn: (): Promise<unknown> =>
      trust === undefined
        ? changes(project).trust(issuer, parsed(text), role)
        : changes(project).updateTrust(trust.trustId, parsed(text), role),
    onSuccess: onClose,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={trust === undefined ? "New trust" : "Edit the trust"} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <SelectField
          label="Issuer of the id-tokens"
          value={issuer}
          disabled={trust !== undefined}
          choices={[...new Set([...issuers, issuer])].map((value) => ({ value, text: value }))}
          onChoose={setIssuer}
        />
        <TextArea
          label="Conditions"
          required
          autoFocus
          rows={4}
          placeholder={"project_path = team/vision\nref_protected = true"}
          value={text}
          onChange={(event) => setText(event.target.value)}
          hint="A claim per line; all must be met. Alternatives stand apart by commas, and * is any characters. One line must say whose job it is: project_id, project_path, repository, repository_owner …"
        />
        <SelectField label="Role" value={role} choices={jobRoles} onChoose={setRole} hint={roleHints[role]} />
        {save.error === null ? null : <FailureLine error={save.error} />}
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={save.isPending || text.trim() === ""}>
            {trust === undefined ? "Create trust" : "Save"}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
