import type { Deployment } from "../../src/contracts/forecast.ts";
import type { Observation } from "../../src/contracts/observation.ts";

/** A version not seen for so many windows, while another of its service is, runs no more. */
const ABSENT_WINDOWS = 24;
/** A new version takes the place of those before it when these have not been seen for so many windows. */
const REPLACED_WINDOWS = 6;
/** Versions of one node that are watched at once; what comes beyond is made its own unwatched. */
const WATCHED_MAX = 4;

/** A version that is held against those before it, and learned apart from them. */
interface Watched {
  readonly version: string;
  readonly previousVersion: string;
  readonly atSeconds: number;
  readonly sinceWindow: number;
  /** True for no deployment: somebody said that what the version does now is its new normal. */
  readonly isAnew: boolean;
  lastSeenWindow: number;
  windowsLearned: number;
  visitsLearned: number;
}

interface NodeEpoch {
  /** The window in which the node was first seen: its versions are what runs, not news. */
  readonly firstWindow: number;
  /** Versions that are the twin's own, with the window each was last seen in. */
  readonly own: Map<string, number>;
  readonly watched: Map<string, Watched>;
}

/** Where visits are learned: with the twin's own, apart under a name, or not at all (their version has gone meanwhile). */
export type VisitPlace = "own" | "nowhere" | { readonly apart: string };

/** A watched version as one window has it, without what was measured of it. */
export type WatchedVersion = Omit<Deployment, "service" | "previousService">;

/** A version that has been learned for long enough. */
export interface Adoption {
  readonly node: number;
  readonly name: string;
  /** False while versions before it still run: then it is known besides them. */
  readonly replaces: boolean;
}

/**
 * Versions of every service. A new one opens an epoch: what was learned stays, as an expectation with wider bounds, until
 * the version has been learned by itself. Nodes that do not tell their version never open one.
 */
export class Epochs {
  #nodes = new Map<number, NodeEpoch>();
  readonly #windowsNeeded: number;
  readonly #visitsNeeded: number;
  /** Windows seen, so that holes in time are no absence. */
  #window = 0;
  /** Versions that ended to be watched: since the window last seen, and before it. */
  #ended: WatchedVersion[] = [];
  #endedBefore: WatchedVersion[] = [];

  /** @param options.windowsNeeded clean windows, and visits, from which a version is known by itself */
  constructor(options: { windowsNeeded: number; visitsNeeded: number }) {
    this.#windowsNeeded = options.windowsNeeded;
    this.#visitsNeeded = options.visitsNeeded;
  }

  /**
   * Notes the versions at work in a window.
   *
   * @param isKnown false for a node of which nothing is known that a version could be held against
   * @returns names of watched versions that run no more
   */
  observe(observation: Observation, isKnown: (node: number) => boolean): string[] {
    this.#window++;
    this.#endedBefore = this.#ended;
    this.#ended = [];
    for (const { node, version, atSeconds } of versionsAtWork(observation)) {
      const epoch = this.#nodes.get(node) ?? { firstWindow: this.#window, own: new Map(), watched: new Map() };
      this.#nodes.set(node, epoch);
      const watched = epoch.watched.get(version);
      if (watched !== undefined) {
        watched.lastSeenWindow = this.#window;
      } else if (epoch.own.has(version) || !isKnown(node) || !this.#isNews(epoch, version)) {
        epoch.own.set(version, this.#window);
      } else {
        epoch.watched.set(version, {
          version,
          previousVersion: [...epoch.own.keys()].sort().join(", "),
          atSeconds,
          sinceWindow: this.#window,
          isAnew: false,
          lastSeenWindow: this.#window,
          windowsLearned: 0,
          visitsLearned: 0,
        });
      }
    }
    return [...this.#nodes].flatMap(([node, epoch]) => this.#dropAbsent(node, epoch));
  }

  /**
   * Lets the versions at work at a node begin anew: as if each were a new one, it is learned apart and then takes the place
   * of what was learned of it. Versions under observation are so already. Announced as no deployment.
   */
  beginAnew(node: number, atSeconds: number): void {
    const epoch = this.#nodes.get(node);
    for (const [version, lastSeenWindow] of epoch?.own ?? []) {
      if (this.#window - lastSeenWindow < REPLACED_WINDOWS && epoch?.watched.has(version) === false) {
        epoch.watched.set(version, {
          version,
          previousVersion: version,
          atSeconds,
          sinceWindow: this.#window,
          isAnew: true,
          lastSeenWindow,
          windowsLearned: 0,
          visitsLearned: 0,
        });
      }
    }
  }

  /** Watched versions in the window last seen, with those that were adopted or withdrawn since the one before. */
  watched(): WatchedVersion[] {
    const now = [...this.#nodes].flatMap(([node, { watched }]) =>
      [...watched.values()]
        .filter((each) => !each.isAnew)
        .map((each) => this.#describe(node, each, each.sinceWindow === this.#window ? "new" : "watched")),
    );
    return [...this.#endedBefore, ...now].sort((a, b) => a.atSeconds - b.atSeconds || a.node - b.node);
  }

  /** How far the watched versions of a node are from being known by themselves: 1 at first, 0 when none is watched. */
  newness(node: number): number {
    const watched = [...(this.#nodes.get(node)?.watched.values() ?? [])];
    return Math.max(
      0,
      ...watched.map((each) => Math.max(1 / this.#windowsNeeded, 1 - each.windowsLearned / this.#windowsNeeded)),
    );
  }

  /** Where visits of a version are to be learned. */
  placeOf(node: number, version: string): VisitPlace {
    const epoch = this.#nodes.get(node);
    if (epoch?.watched.has(version) === true) {
      return { apart: nameOf(node, version) };
    }
    return epoch?.own.has(version) === true ? "own" : "nowhere";
  }

  /** Counts a clean window for the versions at work in it; returns those that are known now. */
  learn(observation: Observation): Adoption[] {
    const adoptions: Adoption[] = [];
    for (const { node, version, visits } of versionsAtWork(observation)) {
      const epoch = this.#nodes.get(node);
      const watched = epoch?.watched.get(version);
      if (epoch === undefined || watched === undefined) {
        continue;
      }
      watched.windowsLearned++;
      watched.visitsLearned += visits;
      if (watched.windowsLearned >= this.#windowsNeeded && watched.visitsLearned >= this.#visitsNeeded) {
        adoptions.push({ node, name: nameOf(node, version), replaces: this.#adopt(node, epoch, watched) });
      }
    }
    return adoptions;
  }

  snapshot() {
    const copyOf = ({ firstWindow, own, watched }: NodeEpoch): NodeEpoch => ({
      firstWindow,
      own: new Map(own),
      watched: new Map([...watched].map(([version, each]) => [version, { ...each }])),
    });
    return {
      nodes: new Map([...this.#nodes].map(([node, epoch]) => [node, copyOf(epoch)])),
      window: this.#window,
      ended: [...this.#ended],
      endedBefore: [...this.#endedBefore],
    };
  }

  restore({ nodes, window, ended, endedBefore }: ReturnType<Epochs["snapshot"]>): void {
    this.#nodes = nodes;
    this.#window = window;
    this.#ended = ended;
    this.#endedBefore = endedBefore;
  }

  /** A copy that does not tell its version is none, and versions beyond the limit go unwatched. */
  #isNews({ firstWindow, watched }: NodeEpoch, version: string): boolean {
    return version !== "" && firstWindow < this.#window && watched.size < WATCHED_MAX;
  }

  #adopt(node: number, { own, watched }: NodeEpoch, adopted: Watched): boolean {
    const isGone = [...own.values()].every((lastSeenWindow) => this.#window - lastSeenWindow >= REPLACED_WINDOWS);
    watched.delete(adopted.version);
    if (isGone) {
      own.clear();
    }
    own.set(adopted.version, adopted.lastSeenWindow);
    if (!adopted.isAnew) {
      this.#ended.push(this.#describe(node, adopted, "adopted"));
    }
    return isGone;
  }

  #dropAbsent(node: number, { own, watched }: NodeEpoch): string[] {
    const lastSeen = Math.max(...own.values(), ...[...watched.values()].map((each) => each.lastSeenWindow));
    if (lastSeen < this.#window) {
      return [];
    }
    const isAbsent = (lastSeenWindow: number): boolean => this.#window - lastSeenWindow >= ABSENT_WINDOWS;
    const absent = [...watched.values()].filter((each) => isAbsent(each.lastSeenWindow));
    for (const each of absent) {
      watched.delete(each.version);
      if (!each.isAnew) {
        this.#endedBefore.push(this.#describe(node, each, "withdrawn"));
      }
    }
    for (const [version, lastSeenWindow] of own) {
      // The last one stays until another takes over: what is watched needs something to be held against.
      if (own.size > 1 && isAbsent(lastSeenWindow)) {
        own.delete(version);
      }
    }
    return absent.map((each) => nameOf(node, each.version));
  }

  #describe(node: number, watched: Watched, state: Deployment["state"]): WatchedVersion {
    const { version, previousVersion, atSeconds, windowsLearned } = watched;
    return { node, version, previousVersion, atSeconds, state, windowsLearned, windowsNeeded: this.#windowsNeeded };
  }
}

function nameOf(node: number, version: string): string {
  return `${node} ${version}`;
}

interface VersionAtWork {
  readonly node: number;
  readonly version: string;
  /** First arrival. */
  readonly atSeconds: number;
  readonly visits: number;
}

function versionsAtWork({ visits, topology }: Observation): VersionAtWork[] {
  const byInstance = new Map<number, { atSeconds: number; visits: number }>();
  for (let row = 0; row < visits.count; row++) {
    const instance = visits.instance[row]!;
    const seen = byInstance.get(instance) ?? { atSeconds: Number.POSITIVE_INFINITY, visits: 0 };
    byInstance.set(instance, seen);
    seen.atSeconds = Math.min(seen.atSeconds, visits.arrivalSeconds[row]!);
    seen.visits++;
  }
  const byName = new Map<string, VersionAtWork>();
  for (const [instance, seen] of [...byInstance].sort((a, b) => a[0] - b[0])) {
    const { node, version } = topology.instances[instance]!;
    const name = nameOf(node, version);
    const before = byName.get(name);
    byName.set(name, {
      node,
      version,
      atSeconds: Math.min(before?.atSeconds ?? Number.POSITIVE_INFINITY, seen.atSeconds),
      visits: (before?.visits ?? 0) + seen.visits,
    });
  }
  return [...byName.values()];
}
