import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ModelPage } from "./ModelPage.tsx";
import { ModelsPage } from "./ModelsPage.tsx";
import { RegisterDialog } from "./RegisterDialog.tsx";

/**
 * Registers what a run logged: `?run=<run id>&path=<artifact path>`, or `&model=<logged model id>`. Without a run it is the page
 * of the model that is called `new`.
 */
export function NewModelPage() {
  const { project = "" } = useParams({ strict: false });
  const { run, path = "", model } = useSearch({ strict: false });
  const navigate = useNavigate();
  if (run === undefined) return <ModelPage name="new" />;
  return (
    <>
      <ModelsPage />
      <RegisterDialog
        project={project}
        runId={run}
        source={model === undefined ? { artifactPath: path } : { loggedModelId: model }}
        onClose={() => {
          // The dialog also closes when it is done, and has gone to the new version then.
          if (window.location.pathname.endsWith("/ml/models/new"))
            void navigate({
              to: "/p/$project/ml/candidates/$candidate",
              params: { project, candidate: run },
              search: {},
            });
        }}
      />
    </>
  );
}
