/** `items`, of which the next is already being made while one is used: never more than that one. */
export async function* ahead<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  const next = () => {
    const item = iterator.next();
    item.catch(() => {}); // heard of where it is awaited, unless the caller has gone before
    return item;
  };
  try {
    for (let item = await next(); item.done !== true; ) {
      const following = next();
      yield item.value;
      item = await following;
    }
  } finally {
    await iterator.return?.();
  }
}
