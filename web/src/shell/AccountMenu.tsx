import { leave, type Viewer } from "../api/viewer.ts";
import { IconButton } from "../parts/Button.tsx";
import { Menu, MenuItem, MenuSeparator } from "../parts/Menu.tsx";

/** Plain addresses: the router would read them as part of a project. */
export function AccountMenu({ viewer }: { viewer: Viewer }) {
  const isLocal = viewer.kind === "local";
  return (
    <Menu align="end" trigger={<IconButton icon="user" label={isLocal ? "Server" : viewer.name} />}>
      {isLocal ? null : (
        <MenuItem icon="user" onSelect={() => window.location.assign("/-/profile")}>
          Profile and tokens
        </MenuItem>
      )}
      {viewer.isAdministrator ? (
        <MenuItem icon="monitor" onSelect={() => window.location.assign("/-/admin")}>
          Administration
        </MenuItem>
      ) : null}
      {isLocal ? null : (
        <>
          <MenuSeparator />
          <MenuItem onSelect={leave}>Sign out {viewer.name}</MenuItem>
        </>
      )}
    </Menu>
  );
}
