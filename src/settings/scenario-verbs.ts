import type { z } from "zod";
import type { Change, EdgeTarget } from "../contracts/what-if.ts";
import * as value from "./scenario-values.ts";

/** One kind of change: how it is written, and what is made of it. The same in a flag and in a file. */
export interface ScenarioVerb {
  /** Key in a scenario file, and camel case of the flag. */
  readonly key: string;
  /** What a flag takes, e.g. `service=n`. */
  readonly argument: string;
  readonly description: string;
  /** True when the target may be left out. */
  readonly isForAll: boolean;
  /** @returns the change, or the rule that was broken, to follow "must be" */
  read(target: string | null, written: unknown): Change | { readonly rule: string };
}

/** In the order in which changes are made, whatever the order in which they are written. */
export const SCENARIO_VERBS: readonly ScenarioVerb[] = [
  verb(
    "traffic",
    "[operation=]factor",
    "requests: a factor, or a rate such as 40/s",
    value.factorOrRate,
    (operation, to) => ({
      verb: "traffic",
      operation,
      to,
    }),
  ),
  named("mix", "operation=share", "share of an entry operation in all requests", value.share, (operation, share) => ({
    verb: "mix",
    operation,
    share,
  })),
  named("replicas", "service=n", "copies of a service", value.count(1000), (service, count) => ({
    verb: "replicas",
    service,
    count,
  })),
  named("balancing", "service=policy", "how calls are spread over the copies", value.policy, (service, policy) => ({
    verb: "balancing",
    service,
    policy,
  })),
  named(
    "device",
    "service=distribution",
    "what its work takes, e.g. lognormal(5ms,0.5)",
    value.distribution,
    (service, distribution) => ({
      verb: "device",
      service,
      distribution,
    }),
  ),
  named(
    "serviceTime",
    "service=change",
    "own work of a service or of one operation: 0.5x, or a mean such as 12ms",
    value.factorOrMean,
    (target, to) => ({
      verb: "serviceTime",
      target,
      to,
    }),
  ),
  named(
    "cacheHit",
    "service=share",
    "share of visits that find what they need cached",
    value.share,
    (target, share) => ({
      verb: "cacheHit",
      target,
      share,
    }),
  ),
  named(
    "servers",
    "service=n",
    "servers of each copy: threads of a pool, or CPUs",
    value.positive(10_000),
    (service, count) => ({
      verb: "servers",
      service,
      count,
    }),
  ),
  named(
    "workers",
    "service=n",
    "visits each copy admits at once, in front of its CPUs",
    value.count(100_000),
    (service, count) => ({
      verb: "workers",
      service,
      count,
    }),
  ),
  named(
    "queueCapacity",
    "service=n",
    "visits that may wait at each copy; who finds it full is refused",
    value.count(1_000_000),
    (service, count) => ({
      verb: "queueCapacity",
      service,
      count,
    }),
  ),
  named(
    "throttle",
    "service=quota",
    "CPU time per period: 20ms/100ms, or CPUs: 0.2",
    value.quota,
    (service, quota) => ({
      verb: "throttle",
      service,
      ...quota,
    }),
  ),
  named(
    "pause",
    "service=pause",
    "all work stands still so long and so often: 50ms/2s",
    value.pause,
    (service, pause) => ({
      verb: "pause",
      service,
      ...pause,
    }),
  ),
  edge(
    "pool",
    "connections each copy of the caller may have in use",
    "n",
    value.count(100_000),
    (edge, connectionCount) => ({
      verb: "pool",
      edge,
      connectionCount,
    }),
  ),
  named(
    "edgeDelay",
    "service|caller->callee=duration",
    "added to the round trip of the calls, e.g. +5ms",
    value.addedDuration,
    (target, addedSeconds) => {
      const edge = edgeOf(target);
      return edge === null
        ? { verb: "placement", service: target, addedSeconds }
        : { verb: "edgeDelay", edge, addedSeconds };
    },
  ),
  edge(
    "edgeLoss",
    "chance that a message is lost, and the time until it is sent again",
    "share[,duration]",
    value.loss,
    (edge, loss) => ({
      verb: "edgeLoss",
      edge,
      ...loss,
    }),
  ),
  edge("timeout", "longest wait of the caller", "duration", value.duration, (edge, seconds) => ({
    verb: "timeout",
    edge,
    seconds,
  })),
  edge("retry", "attempts, time before the second, growth: 3,50ms,2", "policy", value.retry, (edge, retry) => ({
    verb: "retry",
    edge,
    ...retry,
  })),
];

function verb<Value>(
  key: string,
  argument: string,
  description: string,
  schema: z.ZodType<Value>,
  make: (target: string | null, value: Value) => Change,
): ScenarioVerb {
  return {
    key,
    argument,
    description,
    isForAll: true,
    read: (target, written) => {
      const result = schema.safeParse(written);
      return result.success ? make(target, result.data) : { rule: result.error.issues[0]!.message };
    },
  };
}

/** A verb that needs a target. */
function named<Value>(
  key: string,
  argument: string,
  description: string,
  schema: z.ZodType<Value>,
  make: (target: string, value: Value) => Change,
): ScenarioVerb {
  const all = verb(key, argument, description, schema, (target, read) => make(target ?? "", read));
  return { ...all, isForAll: false };
}

/** A verb whose target is an edge. */
function edge<Value>(
  key: string,
  description: string,
  argument: string,
  schema: z.ZodType<Value>,
  make: (target: EdgeTarget, value: Value) => Change,
): ScenarioVerb {
  const base = named(key, `caller->callee=${argument}`, description, schema, (target, read) =>
    make(edgeOf(target)!, read),
  );
  return {
    ...base,
    read: (target, written) =>
      edgeOf(target ?? "") === null
        ? { rule: 'set for an edge, written "caller->callee"' }
        : base.read(target, written),
  };
}

/** Reads "caller->callee"; null for anything else. */
function edgeOf(text: string): EdgeTarget | null {
  const [from, to, ...more] = text.split("->").map((end) => end.trim());
  return from === undefined || from === "" || to === undefined || to === "" || more.length > 0 ? null : { from, to };
}
