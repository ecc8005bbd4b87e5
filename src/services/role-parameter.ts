import { isRole, type Role, roles } from "../auth/roles.ts";
import { invalid } from "../errors.ts";
import { missing } from "./context.ts";

/** The role that the parameter `role` names. @throws INVALID_PARAMETER_VALUE, also when it is absent */
export function requiredRole(text: string): Role {
  if (text === "") throw missing("role");
  if (!isRole(text))
    throw invalid(
      `Invalid value '${text.slice(0, 100)}' for parameter 'role': it must be one of ${roles.join(", ")}.`,
    );
  return text;
}
