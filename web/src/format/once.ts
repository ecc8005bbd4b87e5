/** What `make` makes, when it is first asked for: to make a formatter of times takes milliseconds, which a page that shows none need not spend. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
