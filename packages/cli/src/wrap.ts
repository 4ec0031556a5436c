/** Text in lines of at most `width` characters, each after `indent` blanks; longer words stand alone. */
export function wrap(text: string, width: number, indent: number): string {
  const margin = " ".repeat(indent);
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && margin.length + line.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else lines.push(word);
  }
  return lines.map((line) => margin + line).join("\n");
}
