import { buttonClass } from "../parts/Button.tsx";
import { Notice } from "../parts/Notice.tsx";

export const NotFoundPage = () => (
  <Notice
    icon="search"
    title="There is no such page"
    actions={
      <a className={buttonClass()} href="/">
        All projects
      </a>
    }
  >
    <p>The address may be mistyped, or what it named is gone.</p>
  </Notice>
);
