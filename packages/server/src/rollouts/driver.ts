import { createEvents, type Events } from "../kernel/events.ts";
import type { Rollout } from "./rollout.ts";
import { createRunner, type Runner, type RunnerDeps } from "./runner.ts";
import type { Sight } from "./sight.ts";

export type DriverDeps = Omit<RunnerDeps, "onChange">;

export interface Driver {
  /** Each change of a rollout, once it is on record. */
  readonly changes: Events<Rollout>;
  /** Takes up what SQL says is not finished. */
  run(): Promise<void>;
  /** Resolves after a tick that began after the call, whatever came of it; from then on it ticks by itself. */
  tick(id: string): Promise<void>;
  /** What the last tick saw; null: nothing since the start of this process. */
  sight(id: string): Sight | null;
  stop(): Promise<void>;
}

const tickMs = 1_000;

interface Course {
  readonly runner: Runner;
  /** The tick that runs. */
  running: Promise<void> | null;
  /** A second is over: the next tick may begin a look. */
  isDue: boolean;
  /** The one behind it. */
  next: Promise<void> | null;
}

export function createDriver(deps: DriverDeps): Driver {
  const { store, clock, logger } = deps;
  const changes = createEvents<Rollout>((error) => logger.error({ error }, "a listener of rollouts failed"));
  const courses = new Map<string, Course>();
  let isStopped = false;
  let stopTicking = () => {};

  function courseOf(id: string): Course {
    const known = courses.get(id);
    if (known) return known;
    const wake = () => void tick(id);
    const runner = createRunner(id, { ...deps, onChange: changes.emit }, wake);
    const course: Course = { runner, running: null, isDue: true, next: null };
    courses.set(id, course);
    return course;
  }

  async function runOnce(id: string, course: Course): Promise<void> {
    if (isStopped) return;
    const { isDue } = course;
    course.isDue = false;
    try {
      const hasEnded = await course.runner.tick(isDue);
      if (hasEnded) courses.delete(id);
    } catch (error) {
      // All that it needs is in SQL: the next second tries again.
      if (!isStopped) logger.warn({ rollout: id, error }, "a tick of a rollout failed");
    }
  }

  function begin(id: string, course: Course): Promise<void> {
    const done = runOnce(id, course).finally(() => (course.running = null));
    course.running = done;
    return done;
  }

  /** Ticks of a rollout go one after the other; those who ask while one runs share the next. */
  async function tick(id: string): Promise<void> {
    const course = courseOf(id);
    if (course.running === null) return begin(id, course);
    course.next ??= course.running.then(() => {
      course.next = null;
      return tick(id);
    });
    return course.next;
  }

  function tickAll(): void {
    for (const [id, course] of courses) {
      course.isDue = true;
      if (course.running === null) void tick(id);
    }
  }

  return {
    changes,
    async run() {
      for (const id of await store.listUnfinished()) courseOf(id);
      tickAll();
      stopTicking = clock.every(tickMs, tickAll);
    },
    tick,
    sight: (id) => courses.get(id)?.runner.sight() ?? null,
    async stop() {
      isStopped = true;
      stopTicking();
      await Promise.allSettled([...courses.values()].map(({ running }) => running ?? Promise.resolve()));
    },
  };
}
