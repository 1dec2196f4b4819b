/** Looks again and again until it holds. @throws when it still does not after so long, with what `show` shows. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  seconds: number,
  show: () => unknown,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not after ${seconds} s: ${JSON.stringify(show(), asText)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function asText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
