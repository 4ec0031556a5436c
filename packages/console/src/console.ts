/** The public list of `@nodetcd/console`. */
export {};
