"""Writes test/golden/lbfgs.json: the points at which torch.optim.LBFGS asks for loss and gradient, in float64.

    python3 scripts/golden/lbfgs.py > test/golden/lbfgs.json

Needs PyTorch (made with Debian's python3-torch 1.13). A case is
  {id, objective, hyper, start, points, losses}
objective: {name: "quadratic" | "rosenbrock"}, or {name: "least squares", a, b} for |a x - b|^2 / (2 rows), a by rows.
hyper: lr, tolerance_grad, tolerance_change, history_size; the line search is strong_wolfe. points[k], losses[k]: where the
k-th evaluation was, and what it found.
"""
import json
import random

import torch

torch.set_default_dtype(torch.float64)


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] * x[0]) ** 2


def quadratic(x):
    return (torch.tensor([1.0, 5.0, 25.0]) * x * x).sum() / 2


def least_squares(a, b):
    a, b = torch.tensor(a), torch.tensor(b)
    return lambda x: ((a @ x - b) ** 2).sum() / (2 * len(b))


def case(id, objective, value, start, evaluations, **hyper):
    x = torch.nn.Parameter(torch.tensor(start))
    given = {"lr": 1, "tolerance_grad": 1e-7, "tolerance_change": 1e-9, "history_size": 10, **hyper}
    optimizer = torch.optim.LBFGS([x], max_iter=10**6, max_eval=evaluations, line_search_fn="strong_wolfe", **given)
    points, losses = [], []

    def closure():
        optimizer.zero_grad()
        loss = value(x)
        loss.backward()
        points.append(x.detach().tolist())
        losses.append(loss.item())
        return loss

    optimizer.step(closure)
    return {"id": id, "objective": objective, "hyper": given, "start": start, "points": points, "losses": losses}


random.seed(3)
ROWS, COLUMNS = 12, 8
a = [[random.gauss(0, 1) * 1.5 ** (-j / 2) for j in range(COLUMNS)] for _ in range(ROWS)]
b = [random.gauss(0, 1) for _ in range(ROWS)]
squares = {"name": "least squares", "a": a, "b": b}
VALLEY, BOWL, ZEROS = [-1.2, 1.0], [1.0, -2.0, 0.5], [0.0] * COLUMNS

cases = [
    case("quadratic", {"name": "quadratic"}, quadratic, BOWL, 100),
    case("quadratic, long first steps", {"name": "quadratic"}, quadratic, BOWL, 100, lr=40),
    case("quadratic, short first steps", {"name": "quadratic"}, quadratic, BOWL, 100, lr=1e-3),
    case("Rosenbrock", {"name": "rosenbrock"}, rosenbrock, VALLEY, 200),
    case("Rosenbrock, one pair", {"name": "rosenbrock"}, rosenbrock, VALLEY, 28, history_size=1),
    case("Rosenbrock, long first steps", {"name": "rosenbrock"}, rosenbrock, VALLEY, 36, lr=30),
    case("Rosenbrock, loose ends", {"name": "rosenbrock"}, rosenbrock, VALLEY, 200, tolerance_grad=1e-2),
    case("Rosenbrock, small changes end it", {"name": "rosenbrock"}, rosenbrock, VALLEY, 200, tolerance_change=1e-4),
    case("least squares", squares, least_squares(a, b), ZEROS, 100),
    case("least squares, three pairs", squares, least_squares(a, b), ZEROS, 60, history_size=3),
]

print("{")
print(f' "torch": {json.dumps(torch.__version__)},\n "made_by": "scripts/golden/lbfgs.py",\n "cases": [')
print(",\n".join("  " + json.dumps(entry) for entry in cases))
print(" ]\n}")
