import { signOut } from "../api/viewer.ts";
import { IconButton } from "../parts/Button.tsx";
import { Menu, MenuItem } from "../parts/Menu.tsx";

/** A chunk of its own, for the menu's sake. */
export default function AccountMenu({ name }: { name: string }) {
  return (
    <Menu align="end" trigger={<IconButton icon="user" label={name} />}>
      <MenuItem onSelect={() => signOut().then(() => window.location.assign("/-/sign-in"))}>
        Sign out {name}
      </MenuItem>
    </Menu>
  );
}
