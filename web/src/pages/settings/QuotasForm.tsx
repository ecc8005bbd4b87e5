import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changes, type Project } from "../../api/projects.ts";
import { bytes } from "../../format/bytes.ts";
import { Button } from "../../parts/Button.tsx";
import { TextField } from "../../parts/Field.tsx";
import { FailureLine } from "../../parts/Notice.tsx";
import { toast } from "../../parts/Toast.tsx";
import { Section, sectionStyles as styles } from "./Sections.tsx";

const quotas = [
  { key: "quotaRuns", label: "Candidates", hint: "Deleted ones count until they are purged." },
  { key: "quotaPointsPerMinute", label: "Metric points per minute", hint: "" },
  { key: "quotaArtifactBytes", label: "Bytes of artifacts", hint: "" },
] as const;

type Quota = (typeof quotas)[number]["key"];

const printed = (value: bigint | undefined) => (value === undefined ? "" : String(value));

/** A whole number, or -1 for no limit. */
const parsed = (text: string) => (/^\d+$/.test(text.trim()) ? BigInt(text.trim()) : -1n);

/** The limits of the project, for administrators of the server to change. */
export function QuotasForm({
  project,
  settings,
  manages,
}: {
  project: string;
  settings: Project;
  manages: boolean;
}) {
  const [texts, setTexts] = useState<Record<Quota, string>>({
    quotaRuns: printed(settings.quotaRuns),
    quotaPointsPerMinute: printed(settings.quotaPointsPerMinute),
    quotaArtifactBytes: printed(settings.quotaArtifactBytes),
  });
  const save = useMutation({
    mutationFn: () =>
      changes(project).update(Object.fromEntries(quotas.map(({ key }) => [key, parsed(texts[key])]))),
    onSuccess: () => toast("Saved."),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const isSame = quotas.every(({ key }) => texts[key].trim() === printed(settings[key]));
  return (
    <Section
      title="Quotas"
      lead={
        manages
          ? "What would go beyond one is refused with an error that says so. Empty: no limit."
          : "Administrators of the server can change these. What would go beyond one is refused."
      }
    >
      <form className={styles.form} onSubmit={submit}>
        {quotas.map(({ key, label, hint }) => (
          <TextField
            key={key}
            label={label}
            inputMode="numeric"
            pattern="\s*\d*\s*"
            placeholder="No limit"
            disabled={!manages}
            value={texts[key]}
            onChange={(event) => setTexts({ ...texts, [key]: event.target.value })}
            hint={
              key === "quotaArtifactBytes" && parsed(texts[key]) > 0n
                ? bytes(Number(parsed(texts[key])))
                : hint
            }
          />
        ))}
        {save.error === null ? null : <FailureLine error={save.error} />}
        {manages ? (
          <div className={styles.row}>
            <Button kind="primary" type="submit" disabled={save.isPending || isSame}>
              Save quotas
            </Button>
          </div>
        ) : null}
      </form>
    </Section>
  );
}
