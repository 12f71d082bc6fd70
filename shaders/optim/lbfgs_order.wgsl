// What the small kernels of lbfgs.wgsl tell those that go over all parameters, for one step: a table [P, stride] of f32.

const ACTION = 0u;
const SOURCE = 1u;
const T_TAKEN = 2u; // the step that is taken
const T_NEXT = 3u;  // the next trial step
const PLACE = 4u;   // of the new pair among the pairs, where it is kept; else below 0
const PAIRS = 5u;   // in use
const OF_GRADIENT = 6u; // d = OF_GRADIENT g + sum of OF_PAIRS s_0, y_0, s_1, y_1, ...
const IS_LOWEST = 7u; // 1: the point that was evaluated is the lowest of the search so far
const OF_PAIRS = 8u;

// ACTION
const STAY = 0.0;
const TRY = 1.0;   // x0 + t d
const GO_ON = 2.0; // from a point of the line search, whose step makes a pair
const BEGIN = 3.0; // from a point without pairs
const STOP = 4.0;  // at a point

// SOURCE: which point it is
const EVALUATED = 0.0;
const LOWEST = 1.0;
const BEFORE = 2.0; // x0
