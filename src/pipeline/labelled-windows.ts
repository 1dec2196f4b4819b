import type { Forecast } from "../contracts/forecast.ts";
import type { LabelledFault, Labels } from "../contracts/labels.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Ledger, TelemetrySource } from "../contracts/telemetry.ts";
import { secondsOutside } from "../evaluation/intervals.ts";
import { Observer } from "../topology/observer.ts";
import { LearningGate, touchesAny } from "./learning-gate.ts";
import type { TwinLike } from "./line.ts";

/** A forecast window of a recording with what is known about it. */
export interface LabelledWindow {
  readonly forecast: Forecast;
  /** The fault that covers the whole window; null in clean time. */
  readonly fault: LabelledFault | null;
}

/** So long after a fault its backlog may still show: such windows are neither learned from nor trained on. */
const AFTERMATH_SECONDS = 15;

/**
 * Runs a recording through observation and twin, learning exactly from its clean windows, and returns every window that
 * is wholly inside or wholly outside a fault. Left out are windows on the border, the aftermath of a fault, what the
 * settings exclude, and what the labels do not cover: nobody says that nothing was wrong there.
 *
 * @param parts.onWindow told the end of every window, unix seconds
 */
export async function labelledWindows(parts: {
  source: TelemetrySource;
  labels: Labels;
  settings: Settings;
  twin: TwinLike;
  ledger: Ledger;
  signal: AbortSignal;
  onWindow?: (endSeconds: number) => void;
}): Promise<LabelledWindow[]> {
  const { labels, settings, twin } = parts;
  const observer = new Observer(settings, parts.ledger);
  const windows: LabelledWindow[] = [];
  // The same delay as in life, so that the twin is as young in training as it will be when it is asked.
  const gate = new LearningGate({ delaySeconds: settings.learningDelaySeconds, excluded: settings.exclude });
  const take = (forecast: Forecast): void => {
    const { startSeconds, endSeconds } = forecast.observation;
    parts.onWindow?.(endSeconds);
    if (secondsOutside([[startSeconds, endSeconds]], labels.covered) > 0) return;
    const touching = labels.faults.filter(
      (each) => startSeconds < each.end + AFTERMATH_SECONDS && endSeconds > each.start,
    );
    if (touching.length === 0) {
      for (const clean of gate.take(forecast, Number.NaN)) {
        twin.learn(clean);
      }
      if (!touchesAny(forecast.observation, settings.exclude)) {
        windows.push({ forecast, fault: null });
      }
      return;
    }
    // The first seconds of a fault show in few finished requests only.
    const covering = touching.find((each) => startSeconds >= each.start + 1 && endSeconds <= each.end + 1);
    const isExcluded = touchesAny(forecast.observation, settings.exclude);
    if (covering !== undefined && touching.length === 1 && !isExcluded) {
      windows.push({ forecast, fault: covering });
    }
  };
  await parts.source.read((batch) => {
    for (const observation of observer.add(batch)) {
      take(twin.forecast(observation));
    }
  }, parts.signal);
  for (const observation of observer.finish()) {
    take(twin.forecast(observation));
  }
  return windows.filter((window) => window.forecast.isReady);
}
