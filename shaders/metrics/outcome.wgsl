// What becomes of a test sample: a row of the table outcomes [P + methods, count]. The host counts them up.

struct Outcome {
  winner: u32,     // the predicted class: the first with the largest probability
  confidence: f32, // its probability
  loss: f32,       // -log of the probability of the sample's label
}

@group(1) @binding(8) var<storage, read_write> outcomes: array<Outcome>;
