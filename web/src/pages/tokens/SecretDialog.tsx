import type { MadeToken } from "../../api/tokens.ts";
import { Button } from "../../parts/Button.tsx";
import { Snippet } from "../../parts/Copy.tsx";
import { Dialog, DialogButtons } from "../../parts/Dialog.tsx";
import styles from "./Tokens.module.css";

/** Shows a secret, the only time that anyone can. */
export const SecretDialog = ({ made, onClose }: { made: MadeToken; onClose: () => void }) => (
  <Dialog title={made.token?.name ?? "New token"} onClose={onClose}>
    <p>
      Copy the token now. <strong>It is shown this once</strong> and cannot be looked up.
    </p>
    <Snippet label="the token" text={made.secret} />
    <p className={styles.hint}>
      Clients read it from <code>MLFLOW_TRACKING_TOKEN</code>.
    </p>
    <DialogButtons>
      <Button kind="primary" onClick={onClose}>
        I have copied it
      </Button>
    </DialogButtons>
  </Dialog>
);
