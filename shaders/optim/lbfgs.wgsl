// L-BFGS: a quasi-Newton method. What the last pairs of steps and changes of gradient say of the curvature makes the
// direction, and a line search finds the step along it. It needs the loss, of the same samples each time.
//   d <- -H g, H from the pairs (s_i, y_i) by two loops, H0 = (s y / y y) I of the last pair
//   x <- x0 + t d, until f(x) <= f(x0) + 1e-4 t (g0 d) and |g d| <= 0.9 |g0 d|
//   s <- t d, y <- g - g0, kept where s y > 1e-10
// A step of the run is one evaluation of loss and gradient: of a trial point, which may turn out not to be taken. What is
// evaluated on the test set is x0, the last point that was. The first t is lr, before there are pairs lr min(1, 1 / |g|_1);
// further ones come by cubic interpolation. A direction that leads nowhere gives way to -g, without pairs; if that leads
// nowhere either, or a step or its change of the loss is below tolerance_change, or no gradient exceeds tolerance_grad, the
// parameters stay as they are. Loss being rounded, 1e-6 of it are no rise. A step to where loss or gradient are not finite
// is halved.
// Source: Nocedal and Wright 2006, "Numerical Optimization", algorithms 7.5, 7.4, 3.5 and 3.6; as torch.optim.LBFGS with
// strong_wolfe. The loops work on products of the vectors: Chen, Wang and Zhou 2014, "Large-scale L-BFGS using MapReduce".

struct Hyper {
  lr: f32,
  tolerance_grad: f32,
  tolerance_change: f32,
}

const x0 = 0u;
const d = 1u;
const prev_flat_grad = 2u; // at x0
const low_grad = 3u;       // at the lowest point of the line search so far
const SLOTS = 4u;

struct View {
  spare: f32, // none is needed
}

fn view(x: f32, s: ptr<function, array<f32, SLOTS>>, h: View) -> f32 {
  return (*s)[x0];
}
