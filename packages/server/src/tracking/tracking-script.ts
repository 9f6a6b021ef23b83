/** Where the tasks are. From a file of this folder: in the package, all files lie beside each other. */
export const trackingScript = new URL(
  `./tracking-tasks${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`,
  import.meta.url,
);
