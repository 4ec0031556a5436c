/** `parentOf("a/b")` is `a`, of `b` it is `.`, of `/b` it is `/`. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : slash === 0 ? "/" : path.slice(0, slash);
}
