import type { FaultOrder } from "./faults.ts";
import type { CpuCounters } from "./service/cpu-counters.ts";
import type { PoolCounters } from "./service/fifo-pool.ts";
import type { ShopDeclaration } from "./shop-schema.ts";

/** Where a logical name is reached: one port on 127.0.0.1 a replica. */
export interface Address {
  readonly name: string;
  readonly ports: readonly number[];
}

/** Supervisor → child. */
export type ToChild =
  | {
      readonly type: "start";
      readonly shop: ShopDeclaration;
      readonly role: ChildRole;
      readonly seed: number;
      readonly port: number;
    }
  | { readonly type: "addresses"; readonly addresses: readonly Address[] }
  | { readonly type: "fault"; readonly id: number; readonly order: FaultOrder }
  | { readonly type: "fault-over"; readonly id: number }
  | { readonly type: "count"; readonly token: number }
  | { readonly type: "stop" };

export type ChildRole =
  | {
      readonly kind: "service";
      readonly service: string;
      readonly replica: number;
      readonly kafka: string | null;
      readonly topicSuffix: string;
    }
  | { readonly kind: "external"; readonly peer: string }
  | { readonly kind: "broker" };

/** Child → supervisor. */
export type FromChild =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "ready" }
  | { readonly type: "counters"; readonly token: number; readonly counters: ChildCounters }
  | { readonly type: "failed"; readonly message: string };

/** All that a child counts, since it started. */
export interface ChildCounters extends CpuCounters {
  readonly pools: readonly PoolCounters[];
}
