// Matrices of any sizes in one dispatch, for Newton-Schulz: each as X [short, long], lying so that its rows are the shorter
// side, and as squares [short, short] such as X X^T. Both sides are padded to multiples of 4 by zeros; a workgroup takes a
// tile of 8 x 8 blocks of 4 x 4 elements, a thread one block or several. How matrices are cut depends on their shapes alone.

struct Matrix {
  tensor: u32,
  short: u32,        // sides, in blocks
  long: u32,
  wide_at: u32,      // where X and the squares lie in a member's part, in quads
  square_at: u32,
  first_wide: u32,   // tiles of all matrices before it
  first_square: u32,
  transposed: u32,   // 1: X is the tensor transposed
}

@group(1) @binding(15) var<storage, read> matrices: array<Matrix>;

struct Block {
  matrix: Matrix,
  row: u32,
  column: u32,
  outside: bool,
}

// The first of a thread's `down` by `across` blocks, which divide 8; of X where `wide`, else of a square.
fn block_of(tile: u32, thread: u32, count: u32, wide: bool, down: u32, across: u32) -> Block {
  var index = 0u;
  while (index + 1u < count && select(matrices[index + 1u].first_square, matrices[index + 1u].first_wide, wide) <= tile) {
    index++;
  }
  let matrix = matrices[index];
  let columns = select(matrix.short, matrix.long, wide);
  let tiles = (columns + 7u) / 8u;
  let own = tile - select(matrix.first_square, matrix.first_wide, wide);
  let row = own / tiles * 8u + thread / (8u / across) * down;
  let column = own % tiles * 8u + thread % (8u / across) * across;
  return Block(matrix, row, column, row >= matrix.short || column >= columns);
}
