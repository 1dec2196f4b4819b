import { Stream } from "./streams";

// What a run knows, entity by entity. Those of a network stand side by side in the order of `CompiledNetwork`, which has
// the words for what is not explained here.

/** Its stream draws replicas by weight. */
@unmanaged
export class Station extends Stream {
  traits: i32;
  balancing: i32;
  batchSizeMax: i32;
  replicaCount: i32;
  firstReplica: Replica;
  /** Of its first replica, through the network. */
  firstReplicaNumber: i32;
  /** Next of its replicas, where they are taken in turn. */
  turn: i32;
}

@unmanaged
export class Replica {
  station: Station;
  /** Within its station. */
  number: i32;
  /** Visits that wait for a server, first and last. */
  queueHead: Visit | null;
  queueTail: Visit | null;
  queueLength: i32;
  /** Visits, queued ones included, where balancing asks for them. */
  present: i32;
  queueCapacity: f64;
  /** Servers or workers; below 0 when more visits came into the run with one than there are. */
  free: f64;
  /** Server seconds used; those of processor sharing are added at the end of the run. */
  busySeconds: f64;
  /** Null where nothing makes its work stand still. */
  stalls: Stalls | null;
  /** Of the visits that share its servers, the one that ends next. */
  top: Visit | null;
  serverCount: f64;
  /** Visits that share its servers. */
  running: f64;
  /** Seconds of work a second for each of those running. */
  rate: f64;
  /** The virtual clock, and when it was read. */
  clock: f64;
  readAtSeconds: f64;
  workedSeconds: f64;
}

/** When the work of a replica stands still, and where it is in that. */
@unmanaged
export class Stalls {
  pauseIntervalSeconds: f64;
  pauseDurationSeconds: f64;
  pausePhaseSeconds: f64;
  periodSeconds: f64;
  quotaSeconds: f64;
  periodPhaseSeconds: f64;
  serverCount: f64;
  /** The pause that is on or comes next, and the CPU period: numbers from their phase. */
  pause: f64;
  period: f64;
  /** CPU seconds used in the period. */
  usedSeconds: f64;
}

/** Its stream draws programs. */
@unmanaged
export class Operation extends Stream {
  traits: i32;
  number: i32;
  station: Station;
  /** Through the network. */
  firstProgram: i32;
  programCount: i32;
}

/** Its stream draws rows of samples. */
@unmanaged
export class Program extends Stream {
  row: i32;
  leftOfBlock: i32;
  blockLength: i32;
  rowCount: i32;
  /** Segments a row, and where the rows begin. */
  segmentCount: i32;
  samples: usize;
  firstGroup: Group;
  groupCount: i32;
  /** Within its operation. */
  number: i32;
}

@unmanaged
export class Group {
  isGuarded: i32;
  callCount: i32;
  /** Where its edges begin, one behind the other. */
  edges: usize;
}

/** Its stream draws gaps. */
@unmanaged
export class Edge extends Stream {
  callee: Operation;
  isAsync: i32;
  gapCount: i32;
  gaps: usize;
  attemptCount: f64;
  pool: Pool | null;
  isRequired: i32;
  attemptsMax: i32;
  isTimerSet: i32;
  /** Calls by deadline. */
  deadlines: Queue;
  lossStream: Stream;
  timeoutSeconds: f64;
  lossProbability: f64;
  retransmitSeconds: f64;
  backoffSeconds: f64;
  backoffFactor: f64;
  timeoutCount: f64;
  failureCount: f64;
  lossCount: f64;
}

@unmanaged
export class Pool {
  /** Through the network, as its station's. */
  firstReplicaNumber: i32;
  /** At the first replica; those of the others follow. */
  firstConnections: Connections;
}

/** Connections of a pool at one replica. */
@unmanaged
export class Connections {
  /** Below 0 when more calls came into the run with one than there are. */
  free: i32;
  waiting: Queue;
}

/** Calls in a row; see queues.ts. */
@unmanaged
export class Queue {
  head: Link | null;
  tail: Link | null;
}

/** The place of a call in one queue. */
@unmanaged
export class Link {
  call: Call;
  next: Link | null;
  previous: Link | null;
}

/** A visit under way: two cache lines, one of words and one of times. */
@unmanaged
export class Visit {
  operation: Operation;
  /** Of its station; see `CompiledNetwork`. */
  traits: i32;
  replica: Replica;
  program: Program;
  /** Where the work of its first segment stands. */
  sample: usize;
  /** Segment it runs, or ran last; −1 while it has not begun. */
  segment: i32;
  /** Calls it still waits for; 0 while it works. */
  pending: i32;
  /** The caller that waits for it, if it does so plainly. */
  parent: Visit | null;
  /** The guarded call it is made for. */
  madeFor: Call | null;
  root: i32;
  /** Calls between it and its arrival from outside. */
  depth: i32;
  /** Next of the free ones, of those that wait, or of those that share a batch. */
  next: Visit | null;
  /** First of the guarded calls it waits for. */
  firstCall: Call | null;
  /** First child and next sibling in the heap of those who share a server. */
  child: Visit | null;
  sibling: Visit | null;
  /** 1 while an event waits for the end of its share of a server. */
  isAwaited: i32;
  arrivalSeconds: f64;
  waitingSeconds: f64;
  /** From its departure until its caller has the answer. */
  answerDelaySeconds: f64;
  /** When it has the last answer so far of the calls it waits for. */
  answeredSeconds: f64;
  segmentStartSeconds: f64;
  /** Virtual time at which it ends its share of a server, and its turn among equals. */
  shareEnd: f64;
  shareTurn: f64;
  /** 0 when it has departed, and nothing here is true any more. */
  isOpen: i32;
}

/** A guarded call under way. */
@unmanaged
export class Call {
  caller: Visit;
  edge: Edge;
  /** See calls.ts. */
  state: i32;
  /** Attempts made. */
  attempt: i32;
  /** Made for its attempt; null when there is none, or none any more. */
  visit: Visit | null;
  hasCalleeFailed: i32;
  /** Next of the same caller, or of the free ones. */
  next: Call | null;
  inDeadlines: Link;
  inWaiting: Link;
  deadlineSeconds: f64;
}
