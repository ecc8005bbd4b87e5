import { changes, type ModelVersion } from "../../api/models.ts";
import { ConfirmDialog } from "../../parts/ConfirmDialog.tsx";
import { TagsDialog } from "../../parts/TagsDialog.tsx";
import { TextDialog } from "../../parts/TextDialog.tsx";
import { AliasesDialog } from "./AliasesDialog.tsx";
import { StageDialog } from "./StageDialog.tsx";

export type VersionDialog = "stage" | "aliases" | "tags" | "description" | "delete";

/** The dialog that changes a version. */
export function VersionDialogs({
  project,
  version,
  open,
  onDeleted,
  onClose,
}: {
  project: string;
  version: ModelVersion;
  open: VersionDialog;
  onDeleted: () => void;
  onClose: () => void;
}) {
  const { model, version: number, tags, description } = version;
  const change = changes(project);
  const title = `version ${number} of ${model}`;
  switch (open) {
    case "stage":
      return <StageDialog project={project} version={version} onClose={onClose} />;
    case "aliases":
      return <AliasesDialog project={project} version={version} onClose={onClose} />;
    case "tags":
      return (
        <TagsDialog
          title={`Tags of ${title}`}
          tags={tags}
          set={(key, value) => change.setVersionTag(model, number, key, value)}
          remove={(key) => change.deleteVersionTag(model, number, key)}
          onClose={onClose}
        />
      );
    case "description":
      return (
        <TextDialog
          isMarkdown
          title={`Description of ${title}`}
          text={description}
          save={(text) => change.describeVersion(model, number, text)}
          onClose={onClose}
        />
      );
    case "delete":
      return (
        <ConfirmDialog
          title={`Delete ${title}?`}
          action="Delete version"
          run={() => change.deleteVersion(model, number)}
          onDone={onDeleted}
          onClose={onClose}
        >
          <p>
            Clients that load it fail, and its number is not given again. There is no way back. What its run
            has logged stays.
          </p>
        </ConfirmDialog>
      );
  }
}
