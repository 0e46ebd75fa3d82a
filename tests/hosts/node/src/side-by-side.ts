// Many pieces of work of one call.

/** Does the work for each item, at most `atOnce` at a time; the results in the items' order. After a failure no more is begun. */
export async function sideBySide<Item, Result>(items: readonly Item[], atOnce: number, work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...items.entries()].reverse();
  const lane = async () => {
    try {
      for (let next = waiting.pop(); next; next = waiting.pop()) results[next[0]] = await work(next[1]);
    } catch (thrown) {
      waiting.length = 0;
      throw thrown;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
}
