import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes a minute and more, then what starts real servers, then all that is quick: no worker waits at the end for the last long file of another one. */
const places = ["examples/", "test/docs/", "test/chaos/", "test/interop/", "test/"];

/** Begins with the files that take longest; vitest itself goes by their size where it has not run them before. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification) => {
      const path = moduleId.slice(project.config.root.length + 1);
      const found = places.findIndex((start) => path.startsWith(start));
      return found < 0 ? places.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
