/** A query with changed keys; an empty value removes its key. The order of the keys is kept. */
export function mergeQuery(search: string, changes: Record<string, string>): string {
  const query = new URLSearchParams(search);
  for (const [key, value] of Object.entries(changes)) {
    if (value === '') query.delete(key);
    else query.set(key, value);
  }
  const text = query.toString();
  return text ? `?${text}` : '';
}
