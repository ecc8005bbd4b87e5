import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { fromAddress, parseSearch, printSearch, type Search, toAddress } from "./address.ts";
import { firstAsked } from "./first-asked.ts";
import { NotFoundPage } from "./pages/NotFoundPage.tsx";
import { BrokenPage, LoadingPage, Shell } from "./shell/Shell.tsx";

/** Every page keeps its state in the search of its address, as texts; what they mean is the page's. */
const validateSearch = (search: Record<string, unknown>): Search => search as Search;

const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage, validateSearch });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/home/HomePage.tsx"), "HomePage"),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/-/sign-in",
  component: lazyRouteComponent(() => import("./pages/sign-in/SignInPage.tsx"), "SignInPage"),
});

/** Pages ask for the first that they show while their code is on its way; they find it, or wait for it, as if they had asked. */
const project = createRoute({
  getParentRoute: () => root,
  path: "/p/$project",
  loader: ({ params }) => void firstAsked["/p/$project"](params),
  staleTime: Number.POSITIVE_INFINITY,
});

const experiments = createRoute({
  getParentRoute: () => project,
  path: "/ml/experiments",
  component: lazyRouteComponent(() => import("./pages/experiments/ExperimentsPage.tsx"), "ExperimentsPage"),
});

const candidates = createRoute({
  getParentRoute: () => project,
  path: "/ml/experiments/$experiment",
  // Not for a link that is only pointed at: its rows would be searched and counted for nobody.
  loader: ({ params, location, preload }) =>
    preload ? undefined : void firstAsked["/p/$project/ml/experiments/$experiment"](params, location.search),
  staleTime: Number.POSITIVE_INFINITY,
  component: lazyRouteComponent(() => import("./pages/candidates/CandidatesPage.tsx"), "CandidatesPage"),
});

/** One candidate, by its number or its run id. */
const candidate = createRoute({
  getParentRoute: () => project,
  path: "/ml/candidates/$candidate",
  loader: ({ params }) => void firstAsked["/p/$project/ml/candidates/$candidate"](params),
  staleTime: Number.POSITIVE_INFINITY,
  component: lazyRouteComponent(() => import("./pages/candidate/CandidatePage.tsx"), "CandidatePage"),
});

const compare = createRoute({
  getParentRoute: () => project,
  path: "/ml/compare",
  loaderDeps: ({ search }) => ({ runs: search.runs ?? "" }),
  loader: ({ params, deps }) => void firstAsked["/p/$project/ml/compare"](params, deps),
  staleTime: Number.POSITIVE_INFINITY,
  component: lazyRouteComponent(() => import("./pages/compare/ComparePage.tsx"), "ComparePage"),
});

const models = createRoute({
  getParentRoute: () => project,
  path: "/ml/models",
  component: lazyRouteComponent(() => import("./pages/models/ModelsPage.tsx"), "ModelsPage"),
});

const newModel = createRoute({
  getParentRoute: () => project,
  path: "/ml/models/new",
  component: lazyRouteComponent(() => import("./pages/models/NewModelPage.tsx"), "NewModelPage"),
});

const model = createRoute({
  getParentRoute: () => project,
  path: "/ml/models/$model",
  component: lazyRouteComponent(() => import("./pages/models/ModelPage.tsx"), "ModelPage"),
});

const version = createRoute({
  getParentRoute: () => project,
  path: "/ml/models/$model/versions/$version",
  component: lazyRouteComponent(() => import("./pages/models/VersionPage.tsx"), "VersionPage"),
});

const settings = createRoute({
  getParentRoute: () => project,
  path: "/ml/settings/{-$section}",
  component: lazyRouteComponent(() => import("./pages/settings/SettingsPage.tsx"), "SettingsPage"),
});

const admin = createRoute({
  getParentRoute: () => root,
  path: "/-/admin/{-$section}",
  component: lazyRouteComponent(() => import("./pages/admin/AdminPage.tsx"), "AdminPage"),
});

const profile = createRoute({
  getParentRoute: () => root,
  path: "/-/profile",
  component: lazyRouteComponent(() => import("./pages/profile/ProfilePage.tsx"), "ProfilePage"),
});

const routeTree = root.addChildren([
  home,
  signIn,
  admin,
  profile,
  project.addChildren([
    experiments,
    candidates,
    candidate,
    compare,
    models,
    newModel,
    model,
    version,
    settings,
  ]),
]);

export const router = createRouter({
  routeTree,
  rewrite: {
    input: ({ url }) => {
      url.pathname = fromAddress(url.pathname);
      return url;
    },
    output: ({ url }) => {
      url.pathname = toAddress(url.pathname);
      return url;
    },
  },
  parseSearch,
  stringifySearch: printSearch,
  defaultPreload: "intent",
  defaultPendingComponent: LoadingPage,
  defaultErrorComponent: BrokenPage,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
