# SPDX-License-Identifier: Apache-2.0
"""Time of a SASRec training step over negatives that a batch shares, in PyTorch: the twin of benchmarks/sampled_step.cpp.

    python sampled_step.py [--items 1000000] [--dense]

256 histories of 8 items, every position predicted, 256 uniform negatives with the log Q correction. The item table's
gradient is sparse and moved by SparseAdam, all else by fused Adam; with --dense Adam moves the whole table. Gradients are
not clipped: clip_grad_norm_ does not take sparse ones. The median over --steps is printed.
"""

import argparse
import math
import statistics
import time

from model import SASRec, functional, torch

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--items", type=int, default=10000)
parser.add_argument("--width", type=int, default=64)
parser.add_argument("--layers", type=int, default=2)
parser.add_argument("--heads", type=int, default=2)
parser.add_argument("--window", type=int, default=50)
parser.add_argument("--dropout", type=float, default=0.5)
parser.add_argument("--negatives", type=int, default=256)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--steps", type=int, default=40)
parser.add_argument("--dense", action="store_true", help="Adam over the whole table")
arguments = parser.parse_args()
torch.set_num_threads(arguments.threads)
torch.manual_seed(0)

model = SASRec(arguments, sparse=not arguments.dense)
table = list(model.items.parameters())
rest = [p for name, p in model.named_parameters() if not name.startswith("items.")]
optimisers = [torch.optim.Adam(rest, lr=1e-3, fused=True),
              torch.optim.Adam(table, lr=1e-3, fused=True) if arguments.dense else torch.optim.SparseAdam(table, lr=1e-3)]
positions = torch.arange(7, -1, -1).expand(256, 8)
correction = math.log(arguments.negatives / arguments.items)


def step():
    history = torch.randint(arguments.items, (256, 9))
    negatives = torch.randint(arguments.items, (arguments.negatives,))
    for optimiser in optimisers:
        optimiser.zero_grad(set_to_none=True)
    hidden = model(history[:, :-1], positions).flatten(0, 1)
    targets = history[:, 1:].flatten()
    positive = (hidden * model.items(targets)).sum(1, keepdim=True)
    others = hidden @ model.items(negatives).T - correction
    others = others.masked_fill(targets[:, None] == negatives, -math.inf)
    functional.cross_entropy(torch.cat([positive, others], 1), torch.zeros(len(targets), dtype=torch.long)).backward()
    for optimiser in optimisers:
        optimiser.step()


times = []
for number in range(5 + arguments.steps):
    start = time.perf_counter()
    step()
    times.append(time.perf_counter() - start)
kind = "adam" if arguments.dense else "sparse_adam"
print(f"sampled_step/{kind}/{arguments.items} pytorch {torch.__version__} threads {arguments.threads} "
      f"ms {1e3 * statistics.median(times[5:]):.1f}")
