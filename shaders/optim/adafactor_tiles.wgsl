// How the threads of Adafactor's kernels share a matrix out: each takes a tile of at most BAND adjacent rows of WIDE adjacent quads
// (groups of four floats). 64 tiles of one tensor make a segment of the table `tensors`.

const BAND = 16u;
const WIDE = 4u;

struct Tile {
  begin: u32, // its first quad in a member's part of the arena
  line: u32,  // that quad's row, and its place in the row
  quad: u32,
  lines: u32, // how many rows and quads it has
  wide: u32,  // Kernels load WIDE quads in any case, as branches are slow on CPUs, and drop those beyond.
}

fn tiles_across(place: TensorPlace) -> u32 {
  return (place.row_quads + WIDE - 1u) / WIDE;
}

fn tile_at(segment: u32, place: TensorPlace, thread: u32) -> Tile {
  let tile = (segment - place.first_segment) * 64u + thread;
  let line = tile / tiles_across(place) * BAND;
  let quad = tile % tiles_across(place) * WIDE;
  let lines = select(0u, min(BAND, place.rows - line), line < place.rows);
  return Tile(place.begin + line * place.row_quads + quad, line, quad, lines, min(WIDE, place.row_quads - quad));
}
