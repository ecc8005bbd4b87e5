import { clientSuite } from "./suite.ts";

await clientSuite("mlflow-1.28");
