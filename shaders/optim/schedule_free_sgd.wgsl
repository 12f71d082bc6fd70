// Schedule-free SGD: no schedule to set, as the average a of all its points z takes its place. Training goes on at x, between
// the two; evaluation is of a.
//   a <- (x - (1 - beta) z) / beta
//   z <- z - gamma (g + weight_decay x)
//   a <- (1 - c) a + c z, c = gamma^2 / (sum of all gamma^2)
//   x <- (1 - beta) z + beta a
// gamma is lr, risen over warmup_steps. The paper has y for x, and x for a.
// Source: Defazio et al. 2024, "The Road Less Scheduled", the three equations of section 1, c as in algorithm 1.

struct Hyper {
  gamma: f32,
  beta: f32,
  one_minus_beta: f32,
  before: f32,           // beta of the step before, by which x was made
  one_minus_before: f32,
  c: f32,
  weight_decay: f32,
}

const z = 0u;
const SLOTS = 1u;

fn update(x: f32, gradient: f32, s: ptr<function, array<f32, SLOTS>>, h: Hyper) -> f32 {
  let average = (x - h.one_minus_before * (*s)[z]) / h.before;
  (*s)[z] -= h.gamma * (gradient + h.weight_decay * x);
  let next = average + h.c * ((*s)[z] - average);
  return (*s)[z] + h.beta * (next - (*s)[z]);
}

struct View {
  beta: f32,
  one_minus_beta: f32,
}

fn view(x: f32, s: ptr<function, array<f32, SLOTS>>, h: View) -> f32 {
  return (x - h.one_minus_beta * (*s)[z]) / h.beta;
}
