export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Boxes whose areas are as the values, in a rectangle of the given sides: squarified (Bruls and others,
 * 2000). Values are positive, largest first.
 */
export function treemap(values: readonly number[], width: number, height: number): Box[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  if (total <= 0) return [];
  const scale = (width * height) / total;
  const boxes: Box[] = [];
  let room: Box = { x: 0, y: 0, width, height };
  let row: number[] = [];
  for (const value of values) {
    const area = value * scale;
    const side = Math.min(room.width, room.height);
    if (row.length > 0 && worst([...row, area], side) > worst(row, side)) {
      room = place(row, room, boxes);
      row = [];
    }
    row.push(area);
  }
  place(row, room, boxes);
  return boxes;
}

/** The worst ratio of sides in a row of areas along a side. */
function worst(row: readonly number[], side: number): number {
  const sum = row.reduce((all, area) => all + area, 0);
  const [most, least] = [Math.max(...row), Math.min(...row)];
  return Math.max((side * side * most) / (sum * sum), (sum * sum) / (side * side * least));
}

/** Puts a row along the shorter side, and answers what is left. */
function place(row: readonly number[], room: Box, boxes: Box[]): Box {
  const sum = row.reduce((all, area) => all + area, 0);
  const upright = room.width >= room.height;
  const depth = sum / Math.max(1e-9, upright ? room.height : room.width);
  let at = upright ? room.y : room.x;
  for (const area of row) {
    const length = area / Math.max(1e-9, depth);
    boxes.push(
      upright
        ? { x: room.x, y: at, width: depth, height: length }
        : { x: at, y: room.y, width: length, height: depth },
    );
    at += length;
  }
  return upright
    ? { ...room, x: room.x + depth, width: room.width - depth }
    : { ...room, y: room.y + depth, height: room.height - depth };
}
