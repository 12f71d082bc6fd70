"""Writes test/golden/losses.json: PyTorch's losses with their gradients, and a run of regression, in float64.

    python3 scripts/golden/losses.py > test/golden/losses.json

Needs PyTorch (made with Debian's python3-torch 1.13). A case is
  {id, torch, loss, outputs, z, labels? or targets?, mean, dz}
loss: a recipe's `loss`; z, dz, targets [rows, outputs] row by row; dz: the gradient of the mean over the rows. The run is a
5-8-2 network with tanh on `x` [rows, 5] and `targets` [rows, 2], batch after batch in their order, by Adam:
  {batch, lr, x, targets, params, losses, outputs}
params: by name, at the start; losses: of each step, before its update; outputs: of all rows after the last step. All given numbers
are exact in float32.
"""
import json

import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(1)


def exact(tensor):
    return tensor.float().double()


def focal(z, labels, gamma):
    log_p = F.log_softmax(z, 1).gather(1, labels[:, None])[:, 0]
    return (-((1 - log_p.exp()) ** gamma) * log_p).mean()


def one_hot(z, labels):
    return F.one_hot(labels, z.shape[1]).double()


def case(id, call, loss, function, z, labels=None, targets=None):
    z = exact(z).requires_grad_()
    targets = None if targets is None else exact(targets)
    mean = function(z, labels if targets is None else targets)
    mean.backward()
    told = {"labels": labels.tolist()} if targets is None else {"targets": targets.flatten().tolist()}
    return {"id": id, "torch": call, "loss": loss, "outputs": z.shape[1], "z": z.detach().flatten().tolist(), **told,
            "mean": mean.item(), "dz": z.grad.flatten().tolist()}


def classes(rows, n):
    return torch.randint(n, (rows,))


cases = [
    case("cross_entropy", "CrossEntropyLoss()", {"name": "cross_entropy"}, F.cross_entropy, 3 * torch.randn(7, 10), classes(7, 10)),
    case("mse of values", "MSELoss()", {"name": "mse"}, F.mse_loss, torch.randn(9, 3), targets=torch.randn(9, 3)),
    case("mse of one value", "MSELoss()", {"name": "mse"}, F.mse_loss, torch.randn(6, 1), targets=torch.randn(6, 1)),
    case("mse of classes", "MSELoss() of one_hot", {"name": "mse"}, lambda z, labels: F.mse_loss(z, one_hot(z, labels)),
         torch.randn(7, 10), classes(7, 10)),
    case("hinge", "MultiMarginLoss()", {"name": "hinge", "margin": 1}, F.multi_margin_loss, 2 * torch.randn(8, 10), classes(8, 10)),
    case("hinge, other margin", "MultiMarginLoss(margin=0.5)", {"name": "hinge", "margin": 0.5},
         lambda z, labels: F.multi_margin_loss(z, labels, margin=0.5), torch.randn(8, 5), classes(8, 5)),
    case("focal", "-(1 - p)^2 log p", {"name": "focal", "gamma": 2}, lambda z, labels: focal(z, labels, 2),
         3 * torch.randn(8, 10), classes(8, 10)),
    case("focal, gamma below 1", "-(1 - p)^0.5 log p", {"name": "focal", "gamma": 0.5}, lambda z, labels: focal(z, labels, 0.5),
         3 * torch.randn(8, 4), classes(8, 4)),
]


def run(rows=40, batch=10, steps=40, lr=0.01):
    model = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))
    names = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
    for parameter in model.parameters():
        parameter.data = exact(parameter.data)
    params = {name: parameter.flatten().tolist() for name, parameter in zip(names, model.parameters())}
    x, targets = exact(torch.randn(rows, 5)), exact(torch.randn(rows, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr)
    losses = []
    for step in range(steps):
        at = step * batch % rows
        optimizer.zero_grad()
        loss = F.mse_loss(model(x[at:at + batch]), targets[at:at + batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"batch": batch, "lr": lr, "x": x.flatten().tolist(), "targets": targets.flatten().tolist(), "params": params,
            "losses": losses, "outputs": model(x).flatten().tolist()}


print("{")
print(f' "torch": {json.dumps(torch.__version__)},\n "made_by": "scripts/golden/losses.py",\n "cases": [')
print(",\n".join("  " + json.dumps(entry) for entry in cases))
print(f' ],\n "run": {json.dumps(run())}\n}}')
