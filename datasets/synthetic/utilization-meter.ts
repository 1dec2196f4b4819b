import type { Clock } from "./clock.ts";

/** What the meter reads of a service. */
export interface MeteredService {
  readonly instances: readonly { readonly busySeconds: number }[];
  /** Servers of all its instances when nothing is wrong. */
  readonly serverCount: number;
}

/** Reads how busy each service was in each window. */
export class UtilizationMeter {
  /** [service][window] */
  readonly utilization: readonly Float64Array[];

  constructor(
    clock: Clock,
    services: readonly MeteredService[],
    options: { readonly windowSeconds: number; readonly endSeconds: number },
  ) {
    const { windowSeconds } = options;
    const windowCount = Math.floor(options.endSeconds / windowSeconds);
    this.utilization = services.map(() => new Float64Array(windowCount));
    const before = services.map(() => 0);
    const read = (window: number): void => {
      services.forEach((service, index) => {
        const busySeconds = service.instances.reduce((sum, instance) => sum + instance.busySeconds, 0);
        const isEndless = service.serverCount === Number.POSITIVE_INFINITY;
        const utilization = (busySeconds - before[index]!) / (service.serverCount * windowSeconds);
        this.utilization[index]![window] = isEndless ? Number.NaN : utilization;
        before[index] = busySeconds;
      });
    };
    for (let window = 0; window < windowCount; window++) {
      // Just before the end, so that the last window is read too when the run ends with it.
      clock.at((window + 1) * windowSeconds * (1 - Number.EPSILON), () => read(window));
    }
  }
}
