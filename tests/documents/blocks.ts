/** A fenced block of a page. */
export interface Block {
  /** The heading above it. */
  readonly heading: string;
  readonly text: string;
}

/** Blocks whose fence opens with these words, in their order. */
export function blocksOf(page: string, language: string): Block[] {
  const blocks: Block[] = [];
  let heading = "";
  let lines: string[] | undefined;
  let isOpen = false;
  for (const line of page.split("\n")) {
    if (line.startsWith("```")) {
      if (lines !== undefined) blocks.push({ heading, text: `${lines.join("\n")}\n` });
      lines = !isOpen && line.slice(3).trim() === language ? [] : undefined;
      isOpen = !isOpen;
    } else if (isOpen) lines?.push(line);
    else if (/^#+ /.test(line)) heading = line.replace(/^#+ /, "");
  }
  return blocks;
}
