import type { Clock } from "./clock.ts";

/** What the meter reads of a service. */
export interface MeteredService {
  readonly instances: readonly { readonly busySeconds: number; readonly heldSeconds: number }[];
  /** Servers, and workers or threads, of all its instances when nothing is wrong. */
  readonly serverCount: number;
  readonly workerCount: number;
}

/** Reads how busy each service was in each window: [service][window], NaN for services without end. */
export class UtilizationMeter {
  /** Busy servers / servers. */
  readonly utilization: readonly Float64Array[];
  /** Held workers / workers. */
  readonly occupancy: readonly Float64Array[];

  constructor(
    clock: Clock,
    services: readonly MeteredService[],
    options: { readonly windowSeconds: number; readonly endSeconds: number },
  ) {
    const { windowSeconds } = options;
    const windowCount = Math.floor(options.endSeconds / windowSeconds);
    const busy = readings(services, windowCount, (each) => each.busySeconds);
    const held = readings(services, windowCount, (each) => each.heldSeconds);
    const read = (window: number): void => {
      services.forEach((service, index) => {
        busy.read(index, window, service.serverCount * windowSeconds);
        held.read(index, window, service.workerCount * windowSeconds);
      });
    };
    for (let window = 0; window < windowCount; window++) {
      // Just before the end, so that the last window is read too when the run ends with it.
      clock.at((window + 1) * windowSeconds * (1 - Number.EPSILON), () => read(window));
    }
    this.utilization = busy.shares;
    this.occupancy = held.shares;
  }
}

/** Growth of a counter from window to window, as a share of what it could have grown by. */
function readings(
  services: readonly MeteredService[],
  windowCount: number,
  secondsOf: (instance: MeteredService["instances"][number]) => number,
): { shares: Float64Array[]; read(service: number, window: number, seconds: number): void } {
  const before = services.map(() => 0);
  const shares = services.map(() => new Float64Array(windowCount));
  return {
    shares,
    read: (service, window, seconds) => {
      const now = services[service]!.instances.reduce((sum, instance) => sum + secondsOf(instance), 0);
      shares[service]![window] = seconds === Number.POSITIVE_INFINITY ? Number.NaN : (now - before[service]!) / seconds;
      before[service] = now;
    },
  };
}
