/** What lies at the root of MLflow's server and is asked for by its UI below `/mlflow/`, where that is served. */
const atRoot = /^\/mlflow\/(?=(?:get-artifact|model-versions\/get-artifact|graphql|version|health|api\/[23]\.0)\b)/;

/**
 * One path for each thing: `/ajax-api/` (MLflow's UI) and both below `/mlflow/` mean `/api/`; a doubled slash at the start is
 * one; and `/api/2.0mlflow/` is how MLflow itself spells one of its paths.
 */
export function toMlflowPath(url: string): string {
  let path = url.startsWith("//") ? url.replace(/^\/+/, "/") : url;
  if (path.startsWith("/mlflow/")) {
    if (path.startsWith("/mlflow/ajax-api/")) path = path.slice("/mlflow".length);
    else path = path.replace(atRoot, "/");
  }
  if (path.startsWith("/ajax-api/")) path = `/api/${path.slice("/ajax-api/".length)}`;
  return path.startsWith("/api/2.0mlflow/") ? `/api/2.0/${path.slice("/api/2.0".length)}` : path;
}
