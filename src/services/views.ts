import { invalid } from "../errors.ts";

/** The lifecycle stage that a parameter `view` asks for; none for both. @throws INVALID_PARAMETER_VALUE */
export function stageOf(view: string): { stage?: "active" | "deleted" } {
  switch (view) {
    case "":
    case "active":
      return { stage: "active" };
    case "deleted":
      return { stage: "deleted" };
    case "all":
      return {};
    default:
      throw invalid("Invalid value for parameter 'view': it must be one of active, deleted, all.");
  }
}
