import type { FaultKind } from "../../../src/contracts/score.ts";
import { bottleneckCapacity, type StationDemand, stationDemands } from "../capacity.ts";
import { type LoadShape, peakFactor } from "../load-shape.ts";
import { type RandomStream, randomStream } from "../random.ts";
import type { ShopDeclaration } from "../shop-schema.ts";
import type { Campaign, Grid, GridLoad, Strength } from "./campaign-schema.ts";
import { type FaultRequest, tellingFaults } from "./fault-strength.ts";

/** One square of the fault × load grid: a load for a while, with a fault or without. */
export interface Cell {
  /** Unique in the campaign, and the name of its phase: `07 plateau 0.8, slow-code strong at cart`. */
  readonly id: string;
  readonly seconds: number;
  readonly load: LoadShape;
  readonly fault: FaultRequest | null;
  readonly faultAfterSeconds: number;
  /** Base load after it. */
  readonly recoverySeconds: number;
}

/** The cells in the order they are run, and what the application cannot show. */
export interface CellPlan {
  readonly cells: readonly Cell[];
  /** Kinds of fault asked for that no node of this application can have, or none with an effect. */
  readonly impossible: readonly string[];
}

/** So many may wait for the workers of the entry service, others are refused: the backlog a cell can leave. */
const BACKLOG_LIMIT = 2000;

type Square = Omit<Cell, "id"> & { readonly name: string; readonly kind: FaultKind | "none" };

/** Lays out the grid. The same campaign, application and seed give the same cells in the same order. */
export function planCells(campaign: Campaign, shop: ShopDeclaration, seed: number): CellPlan {
  const random = randomStream(seed, `campaign/${shop.name}`);
  const impossible = new Set<string>();
  const layout = new GridLayout(campaign, shop, random, impossible);
  const squares = shuffled(
    campaign.grids.flatMap((grid) => layout.squaresOf(grid)),
    random,
  );
  const digits = String(squares.length).length;
  const cells = squares.map(({ name, kind: _, ...cell }, index): Cell => {
    return { id: `${String(index + 1).padStart(digits, "0")} ${name}`, ...cell };
  });
  return { cells, impossible: [...impossible] };
}

/** Entry requests a second between the cells; load factors are multiples of it. */
export function baseRatePerSecond(campaign: Campaign, shop: ShopDeclaration): number {
  return campaign.baseUtilization * bottleneckCapacity(shop);
}

class GridLayout {
  readonly #campaign: Campaign;
  readonly #shop: ShopDeclaration;
  readonly #random: RandomStream;
  readonly #impossible: Set<string>;
  readonly #demands: readonly StationDemand[];
  readonly #capacityPerSecond: number;

  constructor(campaign: Campaign, shop: ShopDeclaration, random: RandomStream, impossible: Set<string>) {
    this.#campaign = campaign;
    this.#shop = shop;
    this.#random = random;
    this.#impossible = impossible;
    this.#demands = stationDemands(shop);
    this.#capacityPerSecond = bottleneckCapacity(shop);
  }

  squaresOf(grid: Grid): readonly Square[] {
    const squares = grid.faults.flatMap((kind) => {
      if (kind === "none") return grid.loads.map((load) => this.#square(grid, load, kind, null, null));
      return grid.strengths.flatMap((strength) => this.#faulty(grid, kind, strength));
    });
    return grid.pick === undefined ? squares : pickByKind(squares, grid.pick, this.#random);
  }

  /** One for each load; what cannot be is noted. */
  #faulty(grid: Grid, kind: FaultKind, strength: Strength): readonly Square[] {
    const missing: GridLoad[] = [];
    const squares = grid.loads.flatMap((load) => {
      const rate = peakFactor(this.#shapeOf(load)) * this.#campaign.baseUtilization * this.#capacityPerSecond;
      const faults = tellingFaults(kind, strength, this.#shop, this.#demands, rate).filter(
        ({ service }) => grid.targets?.includes(service) ?? true,
      );
      if (faults.length === 0) {
        missing.push(load);
        return [];
      }
      const fault = faults[Math.floor(this.#random() * faults.length)]!;
      return [this.#square(grid, load, kind, strength, fault)];
    });
    if (squares.length === 0) this.#impossible.add(`${kind} ${strength}`);
    else for (const load of missing) this.#impossible.add(`${kind} ${strength} with ${nameOf(load)}`);
    return squares;
  }

  #square(
    grid: Grid,
    load: GridLoad,
    kind: FaultKind | "none",
    strength: Strength | null,
    fault: FaultRequest | null,
  ): Square {
    const shape = this.#shapeOf(load);
    return {
      name: fault === null ? `${nameOf(load)}` : `${nameOf(load)}, ${kind} ${strength} at ${fault.service}`,
      kind,
      seconds: grid.cellSeconds,
      load: shape,
      fault,
      faultAfterSeconds: fault === null ? 0 : grid.faultAfterSeconds,
      recoverySeconds: this.#campaign.recoverySeconds + this.#drainSeconds(shape, grid.cellSeconds),
    };
  }

  /** In multiples of the base load. */
  #shapeOf(load: GridLoad): LoadShape {
    const factor = (utilization: number) => Math.round((1000 * utilization) / this.#campaign.baseUtilization) / 1000;
    switch (load.shape) {
      case "plateau":
        return { shape: "plateau", factor: factor(load.utilization) };
      case "ramp":
        return { shape: "ramp", from: 1, to: factor(load.toUtilization) };
      case "daily":
        return { ...load, low: factor(load.low), high: factor(load.high) };
      default:
        return load;
    }
  }

  /** How long the bottleneck needs for the backlog of an overload, with the base load coming in meanwhile. */
  #drainSeconds(shape: LoadShape, seconds: number): number {
    const { baseUtilization } = this.#campaign;
    const surplus = peakFactor(shape) * baseUtilization - 1;
    if (surplus <= 0 || shape.shape === "burst") return 0;
    const capacity = this.#capacityPerSecond;
    return Math.ceil(Math.min(surplus * capacity * seconds, BACKLOG_LIMIT) / (capacity * (1 - baseUtilization)));
  }
}

function nameOf(load: GridLoad): string {
  switch (load.shape) {
    case "plateau":
      return `plateau ${load.utilization}`;
    case "ramp":
      return `ramp to ${load.toUtilization}`;
    case "daily":
      return `day ${load.low} to ${load.high}${load.burstFactor > 1 ? `, bursts ×${load.burstFactor}` : ""}`;
    default:
      return `${load.shape} ×${load.factor}`;
  }
}

/** Takes one of each kind in turn, each time another of that kind by chance. */
function pickByKind(squares: readonly Square[], count: number, random: RandomStream): readonly Square[] {
  const byKind = shuffled([...Map.groupBy(squares, ({ kind }) => kind).values()], random).map((group) =>
    shuffled(group, random),
  );
  const picked: Square[] = [];
  for (let turn = 0; picked.length < Math.min(count, squares.length); turn++) {
    const group = byKind[turn % byKind.length]!;
    const next = group.pop();
    if (next !== undefined) picked.push(next);
  }
  return picked;
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: RandomStream): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
