/**
 * Replaces `$(NAME)` by the variable's value; `$$(NAME)` is `$(NAME)` as it stands, and so is the name of
 * a variable that there is not.
 */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) => {
    if (name === undefined) return "$";
    return Object.hasOwn(variables, name) ? (variables[name] ?? "") : whole;
  });
}
