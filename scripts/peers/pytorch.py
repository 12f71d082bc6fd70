"""PyTorch for peers.ts: trains the job once for every line on stdin and answers with a line of JSON.

Started as: pytorch.py MODE JOB.json, MODE being cpu, cuda-eager, cuda-compile or cuda-graphs. The first line says what it
runs on. Needs torch (1.12 or newer; torch.compile is in 2.0 and newer) and nothing else.
"""

import json
import os
import sys
import time

import torch
from torch.nn import functional as F

WARM_UP_STEPS = 10


def read_tensor(path, dtype, offset=0):
    with open(path, "rb") as file:
        data = bytearray(file.read())
    return torch.frombuffer(data, dtype=dtype, offset=offset)


def read_safetensors(path):
    """A header's length as u64, the header as JSON, the data; F32 alone."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        assert entry["dtype"] == "F32", entry
        begin, end = entry["data_offsets"]
        view = torch.frombuffer(data, dtype=torch.float32, offset=begin, count=(end - begin) // 4)
        tensors[name] = view.reshape(entry["shape"]).clone()
    return tensors


def blas():
    """The library that multiplies matrices; a distribution's build information does not say which."""
    torch.ones(64, 64) @ torch.ones(64, 64)
    try:
        with open("/proc/self/maps") as maps:
            loaded = maps.read()
    except OSError:
        loaded = ""
    if torch.backends.mkl.is_available() or "libmkl" in loaded:
        return "MKL"
    return next((name for key, name in (("openblas", "OpenBLAS"), ("blis", "BLIS")) if key in loaded), "other BLAS")


class Training:
    """The network, its optimizer and the data on one device; `reset` goes back to the start."""

    def __init__(self, job, mode):
        self.mode = mode
        self.device = torch.device("cpu" if mode == "cpu" else "cuda")
        self.batch = job["batchSize"]
        self.layers = len(job["sizes"]) - 1
        pixels = read_tensor(job["images"], torch.uint8, 16).reshape(-1, job["sizes"][0])
        self.images = (pixels.to(self.device).float().div_(255).sub_(0.5).div_(0.5)).contiguous()
        self.labels = read_tensor(job["labels"], torch.uint8, 8).to(self.device).long()
        self.order = read_tensor(job["order"], torch.int32).to(self.device).long().reshape(-1, self.batch)
        start = read_safetensors(job["init"])
        names = [f"fc{l + 1}.{kind}" for l in range(self.layers) for kind in ("weight", "bias")]
        self.start = [start[name].to(self.device) for name in names]
        self.parameters = [tensor.clone().requires_grad_() for tensor in self.start]
        self.losses = torch.zeros(self.order.shape[0], device=self.device)
        # Each device's fastest Adam: one kernel on CUDA since 2.0; on the CPU the plain loop over six tensors.
        options = {}
        if mode != "cpu":
            options["capturable"] = True
            options["fused" if hasattr(torch, "compile") else "foreach"] = True
        self.optimizer = torch.optim.Adam(self.parameters, lr=job["lr"], **options)
        self.graph = None
        # The step's number lives on the device, so that a captured step needs nothing from the host.
        self.k = torch.zeros(1, dtype=torch.long, device=self.device)
        self.forward = torch.compile(self.loss) if mode == "cuda-compile" else self.loss

    def reset(self):
        with torch.no_grad():
            for parameter, start in zip(self.parameters, self.start):
                parameter.copy_(start)
            for state in self.optimizer.state.values():
                for value in state.values():
                    value.zero_()
            self.k.zero_()

    def loss(self, index):
        h = self.images.index_select(0, index)
        for l in range(self.layers):
            h = F.linear(h, self.parameters[2 * l], self.parameters[2 * l + 1])
            if l < self.layers - 1:
                h = torch.relu(h)
        return F.cross_entropy(h, self.labels.index_select(0, index))

    def step(self, index):
        loss = self.forward(index)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def counted_step(self):
        loss = self.step(self.order.index_select(0, self.k).reshape(-1))
        self.losses.index_copy_(0, self.k, loss.reshape(1))
        self.k.add_(1)

    def capture(self):
        """As PyTorch's notes on CUDA graphs ask: some steps on a side stream, then the step in a graph."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.counted_step()
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.counted_step()

    def train(self, steps):
        """Seconds of the steps and all their losses."""
        if self.mode == "cuda-graphs" and self.graph is None:
            self.capture()
        self.reset()
        self.synchronize()
        begin = time.perf_counter()
        if self.graph:
            for _ in range(steps):
                self.graph.replay()
        else:
            for k in range(steps):
                self.losses[k] = self.step(self.order[k])
        self.synchronize()
        seconds = time.perf_counter() - begin
        return seconds, self.losses[:steps].tolist()

    def synchronize(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()


def answer(message):
    print(json.dumps(message), flush=True)


def main():
    mode, job_file = sys.argv[1:]
    with open(job_file) as file:
        job = json.load(file)
    if mode == "cpu":
        threads = job["threads"] or len(os.sched_getaffinity(0))
        torch.set_num_threads(threads)
        where = f"{blas()}, threads: {threads}"
    else:
        where = torch.cuda.get_device_name()
    training = Training(job, mode)
    training.train(min(WARM_UP_STEPS, job["steps"]))
    answer({"ready": f"torch {torch.__version__}, {where}"})
    for _ in sys.stdin:
        seconds, losses = training.train(job["steps"])
        answer({"seconds": seconds, "losses": losses})


main()
