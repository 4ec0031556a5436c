/** The public list of `@nodetcd/membership`. */
export {};
