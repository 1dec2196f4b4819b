/**
 * Waits for `work` and meanwhile tells the group's coordinator every `intervalSeconds` that we are alive, so that slow work
 * does not cost us our partitions.
 *
 * @throws what `work` throws; else what the last heartbeat threw (a rebalance), after `work` is done.
 */
export async function withHeartbeats(
  work: Promise<void>,
  heartbeat: () => Promise<void>,
  intervalSeconds: number,
): Promise<void> {
  let trouble: unknown;
  let isTroubled = false;
  const timer = setInterval(() => {
    heartbeat().then(
      () => {
        isTroubled = false;
      },
      (error: unknown) => {
        isTroubled = true;
        trouble = error;
      },
    );
  }, intervalSeconds * 1000);
  try {
    await work;
  } finally {
    clearInterval(timer);
  }
  if (isTroubled) throw trouble;
}
