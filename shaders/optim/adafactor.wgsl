// Adafactor: adam without momentum, its average of squares kept as a row and a column for each matrix.
//   R <- beta2 R + (1 - beta2) (mean of g^2 over a row + eps1), of each row; beta2 = 1 - t^-beta2_decay
//   C <- beta2 C + (1 - beta2) (mean of g^2 over a column + eps1), of each column
//   u <- g / sqrt(R C / (mean of R)); of a vector: g / sqrt(C)
//   x <- x - max(eps2, RMS(x)) rho u / max(1, RMS(u) / d), rho = min(lr, 1 / sqrt(t)); RMS over the tensor
// With weight_decay, x first loses lr weight_decay of itself. With relative_step=false, rho is lr.
// Source: Shazeer and Stern 2018, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", algorithms 4 to 6, with
// means for sums; as torch.optim.Adafactor.

struct Hyper {
  rho: f32,
  beta2: f32,
  one_minus_beta2: f32,
  eps1: f32,
  eps2: f32,
  d: f32,
  decay: f32, // lr weight_decay
}

// How far to go along u. squares: the means of x^2 and u^2 over the tensor
fn rate_of(squares: vec2<f32>, h: Hyper) -> f32 {
  let rms = sqrt(squares);
  return max(h.eps2, rms.x) * h.rho / max(1.0, rms.y / h.d);
}
