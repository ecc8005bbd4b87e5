import type { ModelVersion } from "../../api/models.ts";
import { IconButton } from "../../parts/Button.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../parts/Menu.tsx";
import type { VersionDialog } from "./VersionDialogs.tsx";

/** What can be done to a version. */
export const VersionMenu = ({
  label,
  version,
  onOpen,
}: {
  label: string;
  version: ModelVersion;
  onOpen: (dialog: VersionDialog) => void;
}) => (
  <Menu align="end" trigger={<IconButton icon="more" label={label} />}>
    <MenuItem icon="up" onSelect={() => onOpen("stage")}>
      Change the stage …
    </MenuItem>
    <MenuItem icon="bookmark" onSelect={() => onOpen("aliases")}>
      Edit the aliases …
    </MenuItem>
    <MenuItem icon="tag" onSelect={() => onOpen("tags")}>
      Edit the tags …
    </MenuItem>
    <MenuItem icon="edit" onSelect={() => onOpen("description")}>
      {version.description === "" ? "Describe …" : "Edit the description …"}
    </MenuItem>
    <MenuSeparator />
    <MenuItem icon="trash" danger onSelect={() => onOpen("delete")}>
      Delete …
    </MenuItem>
  </Menu>
);
