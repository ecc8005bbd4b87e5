import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import { modelsQuery } from "../../api/models.ts";
import { accessQuery } from "../../api/viewer.ts";
import { Button } from "../../parts/Button.tsx";
import { Snippet } from "../../parts/Copy.tsx";
import { SearchBox } from "../../parts/Field.tsx";
import { FailureNotice, Notice } from "../../parts/Notice.tsx";
import { tableStyles } from "../../parts/Table.tsx";
import { useShortcut } from "../../shell/shortcuts.ts";
import { useTitle } from "../../shell/title.ts";
import page from "../page.module.css";
import { ModelDialog } from "./ModelDialog.tsx";
import { ModelsTable } from "./ModelsTable.tsx";
import { registering } from "./snippets.ts";
import { orderOf, parseSort, printSort } from "./sorting.ts";

/** The registered models of a project. The address holds the order and the text that is searched for. */
export function ModelsPage() {
  const { project = "" } = useParams({ strict: false });
  const { search = "", sort } = useSearch({ strict: false });
  const navigate = useNavigate();
  useTitle("Models", project);
  const sorting = parseSort(sort);
  const wanted = useDeferredValue(search.trim());
  const { data: access } = useQuery(accessQuery(project));
  const found = useInfiniteQuery({
    ...modelsQuery(project, { search: wanted, ...orderOf(sorting) }),
    placeholderData: (before) => before,
  });
  const [isCreating, setCreating] = useState(false);
  const writes = access?.canWriteRegistry ?? false;
  const change = (next: Record<string, string>) =>
    navigate({ to: ".", search: (now) => ({ ...now, ...next }), replace: "search" in next });

  useShortcut("/", "Find a model", () => document.getElementById("find-model")?.focus());
  useShortcut("c", "New model", () => {
    if (writes) setCreating(true);
  });

  if (found.error !== null && found.data === undefined)
    return <FailureNotice error={found.error} retry={found.refetch} />;
  const models = found.data?.pages.flatMap((part) => part.models);
  return (
    <div className={page.page}>
      <div className={page.head}>
        <h1>Models</h1>
        <div className={page.tools}>
          <SearchBox
            id="find-model"
            label="Find a model"
            value={search}
            onChange={(event) => change({ search: event.target.value })}
          />
          {writes ? (
            <Button kind="primary" icon="add" onClick={() => setCreating(true)}>
              New model
            </Button>
          ) : null}
        </div>
      </div>
      {models?.length === 0 ? (
        <Empty search={wanted} clear={() => change({ search: "" })} />
      ) : (
        <ModelsTable
          project={project}
          models={models}
          sorting={sorting}
          onSort={(next) => change({ sort: printSort(next) })}
        />
      )}
      {found.hasNextPage ? (
        <div className={tableStyles.more}>
          <Button disabled={found.isFetchingNextPage} onClick={() => found.fetchNextPage()}>
            Show more
          </Button>
        </div>
      ) : null}
      {isCreating ? <ModelDialog project={project} onClose={() => setCreating(false)} /> : null}
    </div>
  );
}

const Empty = ({ search, clear }: { search: string; clear: () => void }) =>
  search === "" ? (
    <Notice icon="tag" title="No registered models yet">
      <p>
        A registered model gives what runs have logged one name and numbered versions. A candidate’s page
        registers its model, and so does a training:
      </p>
      <Snippet label="the Python code" text={registering} />
    </Notice>
  ) : (
    <Notice icon="search" title="No model has this name" actions={<Button onClick={clear}>Clear</Button>}>
      <p>Nothing contains “{search}”.</p>
    </Notice>
  );
