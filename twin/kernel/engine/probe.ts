// Parts of the engine by themselves, for tests and benchmarks; the engine that ships is run.ts.
import { addEvent, calendarSize, nextSeconds, nowSeconds, setNow, startCalendar, takeEvent } from "./calendar";
import { allocate, allocateMany } from "./memory";
import { nextIndex, nextUniform, Stream, startStream } from "./streams";

export { addEvent, calendarSize, nextIndex, nextSeconds, nextUniform, setNow, startCalendar, takeEvent };

export function now(): f64 {
  return nowSeconds;
}

export function newStream(firstKey: i32, secondKey: i32): Stream {
  const stream = changetype<Stream>(allocateMany<Stream>(1));
  startStream(stream, firstKey, secondKey);
  return stream;
}

/** Room for so many delays of `hold`. */
export function newColumn(count: i32): usize {
  return allocate((<usize>count) << 3);
}

/** Takes an event and schedules it anew, over and over, with one of `delayCount` delays after the other. */
export function hold(delaysAt: usize, delayCount: i32, operations: i32): void {
  for (let operation = 0; operation < operations; operation++) {
    const event = takeEvent();
    addEvent(nowSeconds + load<f64>(delaysAt + ((<usize>(operation % delayCount)) << 3)), event);
  }
}
