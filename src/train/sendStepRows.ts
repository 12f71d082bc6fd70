import type { Gpu } from "../gpu/device.ts";
import type { Plan } from "./plan.ts";

/**
 * Sends the rows of steps `from` to `to` (exclusive) to a table [tableRows, P]; step t lies at row t % tableRows.
 * @param memberBytes of a member's part of a row
 * @param write puts a member's part at a step, counted from 0, at an offset in bytes
 */
export function sendStepRows(
  { device: { queue } }: Gpu,
  buffer: GPUBuffer,
  { members, tableRows }: Plan,
  memberBytes: number,
  from: number,
  to: number,
  write: (view: DataView, at: number, member: number, step: number) => void,
): void {
  const rowBytes = members.length * memberBytes;
  const bytes = new ArrayBuffer((to - from) * rowBytes);
  const view = new DataView(bytes);
  for (let t = from; t < to; t++) {
    for (const m of members.keys()) write(view, (t - from) * rowBytes + m * memberBytes, m, t);
  }
  const row = from % tableRows;
  const untilEnd = Math.min(to - from, tableRows - row);
  queue.writeBuffer(buffer, row * rowBytes, bytes, 0, untilEnd * rowBytes);
  if (untilEnd < to - from) queue.writeBuffer(buffer, 0, bytes, untilEnd * rowBytes);
}
