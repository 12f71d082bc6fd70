// Schedule-free AdamW: its steps z are adamw's without momentum, which the average a of them takes the place of. Training
// goes on at x, between the two; evaluation is of a.
//   v <- beta2 v + (1 - beta2) g^2
//   a <- (x - (1 - beta1) z) / beta1
//   z <- z - gamma (g / (sqrt(v + eps_root) + eps) + weight_decay x), gamma = lr sqrt(1 - beta2^t)
//   a <- (1 - c) a + c z, c = gamma^2 / (sum of all gamma^2)
//   x <- (1 - beta1) z + beta1 a
// gamma also rises over warmup_steps. The paper has y for x, and x for a.
// Source: Defazio et al. 2024, "The Road Less Scheduled", algorithm 1.

struct Hyper {
  gamma: f32,
  beta1: f32,
  one_minus_beta1: f32,
  before: f32,           // beta1 of the step before, by which x was made
  one_minus_before: f32,
  c: f32,
  beta2: f32,
  one_minus_beta2: f32,
  weight_decay: f32,
  eps: f32,
  eps_root: f32,
}

const z = 0u;
const exp_avg_sq = 1u;
const SLOTS = 2u;

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let v = h.beta2 * (*s)[exp_avg_sq] + h.one_minus_beta2 * gradient * gradient;
  (*s)[exp_avg_sq] = v;
  let average = (x - h.one_minus_before * (*s)[z]) / h.before;
  let direction = gradient / (sqrt(v + h.eps_root) + h.eps);
  (*s)[z] -= h.gamma * (direction + h.weight_decay * x);
  let next = average + h.c * ((*s)[z] - average);
  return (*s)[z] + h.beta1 * (next - (*s)[z]);
}

struct View {
  beta: f32,
  one_minus_beta: f32,
}

fn view(x: f32, s: ptr<function, array<f32, SLOTS>>, h: View) -> f32 {
  return (x - h.one_minus_beta * (*s)[z]) / h.beta;
}
