import { createProfileBuilder, type ProfileBuilder } from "../profile-builder.ts";
import { decodeProfile, encodeProfile } from "../codec.ts";
import { mergeProfiles } from "../merge.ts";
import type { Lane } from "./lane.ts";
import type { ProfileKey, StoredProfile } from "./messages.ts";

/** A profile in the making: of one version, slice and window. */
export interface OpenProfile {
  readonly key: ProfileKey;
  readonly lane: Lane;
  builder: ProfileBuilder;
  /** Whether the builder holds what is stored of it, too. */
  isWhole: boolean;
  /** Written to since the last commit. */
  isDirty: boolean;
  /** The number of the request that was counted last: rows of one request come one after the other. */
  lastRequest: number;
  rows: number;
}

export interface OpenProfiles {
  find(lane: Lane, slice: string, from: number): OpenProfile;
  /** Those of a version. */
  of(lane: Lane): Iterable<OpenProfile>;
  listDirty(): OpenProfile[];
  /** Takes in what is stored of a profile. */
  complete(open: OpenProfile, stored: Uint8Array | null): void;
  /** After a commit: what is not written to any more goes, everything where there is too much. */
  tidy(): void;
  isFull(): boolean;
  forget(lane: Lane): void;
}

/** About 100 MB: a column of a profile with many rows is 10 to 20 KB. */
const mostColumns = 6_000;
/** Columns of profiles with few rows are that much smaller. */
const small = { rows: 256, share: 1 / 8 };

export function createOpenProfiles(): OpenProfiles {
  const lanes = new Map<Lane, Map<string, OpenProfile>>();
  let weight = 0;

  function* all(): Iterable<OpenProfile> {
    for (const profiles of lanes.values()) yield* profiles.values();
  }

  return {
    find(lane, slice, from) {
      let profiles = lanes.get(lane);
      if (profiles === undefined) lanes.set(lane, (profiles = new Map()));
      const name = `${from} ${slice}`;
      let found = profiles.get(name);
      if (found === undefined) {
        found = open(lane, slice, from);
        profiles.set(name, found);
        weight += weigh(found);
      }
      return found;
    },
    of: (lane) => lanes.get(lane)?.values() ?? [],
    listDirty: () => [...all()].filter(({ isDirty }) => isDirty),
    complete(profile, stored) {
      const { builder, lane } = profile;
      builder.settle(lane.columns.texts);
      profile.isWhole = true;
      if (stored === null) return;
      const merged = mergeProfiles(decodeProfile(stored), builder.profile());
      profile.builder = createProfileBuilder(lane.setting.plan, merged);
    },
    tidy() {
      const tooMuch = weight > mostColumns / 2;
      weight = 0;
      for (const [lane, profiles] of lanes) {
        for (const [name, profile] of profiles)
          if (tooMuch || !profile.isDirty) profiles.delete(name);
          else {
            profile.isDirty = false;
            weight += weigh(profile);
          }
        if (profiles.size === 0) lanes.delete(lane);
      }
    },
    isFull() {
      if (weight <= mostColumns / 8) return false;
      weight = 0;
      for (const profile of all()) weight += weigh(profile);
      return weight > mostColumns;
    },
    forget: (lane) => void lanes.delete(lane),
  };
}

function weigh({ lane, rows }: OpenProfile): number {
  return lane.setting.plan.columns.length * (rows < small.rows ? small.share : 1);
}

function open(lane: Lane, slice: string, from: number): OpenProfile {
  const { plan, windowMs } = lane.setting;
  return {
    key: { ...lane.watched, slice, from, to: from + windowMs, planId: plan.id },
    lane,
    builder: createProfileBuilder(plan),
    isWhole: false,
    isDirty: false,
    lastRequest: -1,
    rows: 0,
  };
}

/** Whole profiles as they are stored. */
export function toStored({ key, builder, lane }: OpenProfile): StoredProfile {
  builder.settle(lane.columns.texts);
  const profile = builder.profile();
  return { ...key, rows: profile.rows, requests: profile.requests, bytes: encodeProfile(profile) };
}
