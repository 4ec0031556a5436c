/** The public list of `@nodetcd/compactor`. */
export {};
