"""Writes test/golden/schedules.json: what torch.optim.lr_scheduler makes of a learning rate, in float64.

    python3 scripts/golden/schedules.py > test/golden/schedules.json

Needs PyTorch (made with Debian's python3-torch 1.13). A case is
  {id, torch, schedule, lr, steps, values, momentum?, metrics?}
schedule: a recipe's `schedule`; values[t]: the learning rate of step t, from 0; steps: the planned length of the run, which
some schedules need. momentum[t] where it is cycled. metrics: for reduce_on_plateau, the figure that followed step t.
"""
import json
import random
import warnings

import torch
from torch.optim import lr_scheduler

warnings.filterwarnings("ignore")
STEPS = 100


def sgd(lr, momentum=0.0):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr, momentum=momentum)


def run(optimizer, scheduler, steps, metrics=None):
    values, momentum = [], []
    for t in range(steps):
        group = optimizer.param_groups[0]
        values.append(group["lr"])
        momentum.append(group["momentum"])
        optimizer.step()
        if metrics is not None:
            scheduler.step(metrics[t])
        elif t + 1 < steps:
            scheduler.step()
    return values, momentum


def case(id, name, cls, given, lr=0.1, steps=STEPS, metrics=None, schedule=None, cycles=False):
    optimizer = sgd(lr, 0.9 if cycles else 0.0)
    values, momentum = run(optimizer, cls(optimizer, **given), steps, metrics)
    call = ", ".join(f"{key}={value!r}" for key, value in given.items())
    result = {"id": id, "torch": f"{cls.__name__}({call})", "schedule": {"name": name, **(schedule if schedule is not None else given)},
              "lr": lr, "steps": steps, "values": values}
    if cycles:
        result["momentum"] = momentum
    if metrics is not None:
        result["metrics"] = metrics
    return result


def plateau(id, metrics, schedule=None, **given):
    return case(id, "reduce_on_plateau", lr_scheduler.ReduceLROnPlateau, given, steps=len(metrics), metrics=metrics,
                schedule={**given, **(schedule or {})})


random.seed(1)
falling = [1 / (1 + t / 3) + 0.05 * random.random() for t in range(60)]
rising = [1 - value for value in falling]
flat = [0.5] * 40
cyclic = {"base_lr": 0.01, "max_lr": 0.1}
plain = {"cycle_momentum": False}

cases = [
    case("constant", "constant", lr_scheduler.ConstantLR, {"factor": 0.25, "total_iters": 7}),
    case("step", "step", lr_scheduler.StepLR, {"step_size": 30}),
    case("step, other factor", "step", lr_scheduler.StepLR, {"step_size": 7, "gamma": 0.9}),
    case("multi_step", "multi_step", lr_scheduler.MultiStepLR, {"milestones": [10, 40, 41, 90], "gamma": 0.3}),
    case("multi_step, a milestone twice", "multi_step", lr_scheduler.MultiStepLR, {"milestones": [20, 20, 50]}),
    case("exponential", "exponential", lr_scheduler.ExponentialLR, {"gamma": 0.97}),
    case("polynomial", "polynomial", lr_scheduler.PolynomialLR, {"total_iters": 60, "power": 2.5}),
    case("polynomial, whole run", "polynomial", lr_scheduler.PolynomialLR, {"total_iters": STEPS}, schedule={}),
    case("linear", "linear", lr_scheduler.LinearLR, {"start_factor": 0.25, "end_factor": 1.0, "total_iters": 33}),
    case("linear, whole run", "linear", lr_scheduler.LinearLR,
         {"start_factor": 1.0, "end_factor": 0.0, "total_iters": STEPS}, schedule={}),
    case("cosine", "cosine", lr_scheduler.CosineAnnealingLR, {"T_max": STEPS}, schedule={}),
    case("cosine, eta_min, rises again", "cosine", lr_scheduler.CosineAnnealingLR, {"T_max": 30, "eta_min": 0.02}),
    case("cosine_restarts", "cosine_restarts", lr_scheduler.CosineAnnealingWarmRestarts, {"T_0": 17, "eta_min": 0.001}),
    case("cosine_restarts, growing", "cosine_restarts", lr_scheduler.CosineAnnealingWarmRestarts, {"T_0": 10, "T_mult": 2}),
    case("cosine_restarts, by three", "cosine_restarts", lr_scheduler.CosineAnnealingWarmRestarts, {"T_0": 5, "T_mult": 3}),
    case("cyclic", "cyclic", lr_scheduler.CyclicLR, {**cyclic, "step_size_up": 12, **plain}),
    case("cyclic, uneven, triangular2", "cyclic", lr_scheduler.CyclicLR,
         {**cyclic, "step_size_up": 5, "step_size_down": 9, "mode": "triangular2", **plain}),
    case("cyclic, exp_range", "cyclic", lr_scheduler.CyclicLR,
         {**cyclic, "step_size_up": 10, "mode": "exp_range", "gamma": 0.98, **plain}),
    case("cyclic, with momentum", "cyclic", lr_scheduler.CyclicLR,
         {**cyclic, "step_size_up": 8, "mode": "triangular2", "cycle_momentum": True}, cycles=True),
    case("one_cycle", "one_cycle", lr_scheduler.OneCycleLR, {"max_lr": 0.1, "total_steps": STEPS, **plain}, schedule=plain),
    case("one_cycle, linear", "one_cycle", lr_scheduler.OneCycleLR,
         {"max_lr": 0.3, "total_steps": STEPS, "pct_start": 0.45, "anneal_strategy": "linear", "div_factor": 10.0,
          "final_div_factor": 100.0, **plain},
         schedule={"max_lr": 0.3, "pct_start": 0.45, "anneal_strategy": "linear", "div_factor": 10, "final_div_factor": 100}),
    case("one_cycle, three phases", "one_cycle", lr_scheduler.OneCycleLR,
         {"max_lr": 0.1, "total_steps": 77, "three_phase": True, **plain}, steps=77, schedule={"three_phase": True}),
    case("one_cycle, a rise of less than a step", "one_cycle", lr_scheduler.OneCycleLR,
         {"max_lr": 0.1, "total_steps": STEPS, "pct_start": 0.004, **plain}, schedule={"pct_start": 0.004}),
    case("one_cycle, with momentum", "one_cycle", lr_scheduler.OneCycleLR,
         {"max_lr": 0.1, "total_steps": STEPS, "cycle_momentum": True}, schedule={"cycle_momentum": True}, cycles=True),
    plateau("reduce_on_plateau", falling, patience=2, factor=0.5),
    plateau("reduce_on_plateau, accuracy", rising, mode="max", patience=1, factor=0.5, threshold=0.01, threshold_mode="abs"),
    plateau("reduce_on_plateau, accuracy in shares", rising, mode="max", patience=1, factor=0.5, threshold=0.02),
    plateau("reduce_on_plateau, cooldown and least value", flat, patience=3, cooldown=4, min_lr=0.003),
    plateau("reduce_on_plateau, eps", flat, patience=0, eps=0.001),
    plateau("reduce_on_plateau, absolute", falling, patience=0, threshold=0.02, threshold_mode="abs", factor=0.7),
]

print("{")
print(f' "torch": {json.dumps(torch.__version__)},\n "made_by": "scripts/golden/schedules.py",\n "cases": [')
print(",\n".join("  " + json.dumps(entry) for entry in cases))
print(" ]\n}")
