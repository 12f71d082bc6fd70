/**
 * The gradient of `f` at `x` by central differences, (f(x + h e_i) - f(x - h e_i)) / 2h, accurate to O(h^2).
 *
 * @param f reads `x` as it stands when called; `x` is changed in place and put back.
 * @param h 1e-5 balances truncation (1e-10) against rounding (1e-11) for values near 1.
 */
export function finiteDifferences(f: () => number, x: Float64Array, h = 1e-5): Float64Array {
  return Float64Array.from(x, (kept, i) => {
    x[i] = kept + h;
    const above = f();
    x[i] = kept - h;
    const below = f();
    x[i] = kept;
    return (above - below) / (2 * h);
  });
}
