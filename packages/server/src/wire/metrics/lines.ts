/** The two lines before the values of one metric, in the text format of Prometheus. */
export function head(name: string, type: "counter" | "gauge" | "histogram", help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}
