# SPDX-License-Identifier: Apache-2.0
"""Time of a SASRec training step in well-tuned PyTorch: microseconds per target.

    python sasrec.py [--lengths ../beauty_lengths.txt] [--bf16] [--clip 5] [--compile] [--device cuda]

Full softmax over the catalogue at valid positions only; batches bucketed by length and padded on the right, so that
causal attention needs no mask; fused Adam; memory kept by the process. The lengths are those of real users (number of
inputs, number of users; one pair per line), the items are drawn at random: neither changes the time. The median over
whole epochs after a first one is printed, batch building included.
"""

import argparse
import pathlib
import statistics
import time

from model import SASRec, functional, nn, torch

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--lengths", default=pathlib.Path(__file__).parents[1] / "beauty_lengths.txt")
parser.add_argument("--items", type=int, default=12101)
parser.add_argument("--width", type=int, default=64)
parser.add_argument("--layers", type=int, default=2)
parser.add_argument("--heads", type=int, default=2)
parser.add_argument("--window", type=int, default=50)
parser.add_argument("--users", type=int, default=128, help="users a step")
parser.add_argument("--dropout", type=float, default=0.5)
parser.add_argument("--clip", type=float, default=0, help="bound of the gradient's norm; 0: none")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--bf16", action="store_true", help="autocast to bfloat16")
parser.add_argument("--compile", action="store_true", help="torch.compile the encoder")
parser.add_argument("--device", default="cpu")
arguments = parser.parse_args()
torch.set_default_device(arguments.device)
torch.set_num_threads(arguments.threads)
torch.manual_seed(0)


pairs = [map(int, line.split()) for line in open(arguments.lengths)]
lengths = torch.cat([torch.full((users,), min(length, arguments.window)) for length, users in pairs])
starts = functional.pad(lengths + 1, (1, 0)).cumsum(0)  # a user's inputs and the target of the last one
history = torch.randint(arguments.items, (int(starts[-1]),))
model = SASRec(arguments)
encode = torch.compile(model, dynamic=True) if arguments.compile else model
optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)


def batch(users):
    """Inputs, positions (0: the most recent), the mask of valid positions, and their targets."""
    lens = lengths[users]
    slots = torch.arange(int(lens.max()))
    valid = slots < lens[:, None]
    at = starts[users][:, None] + slots.minimum(lens[:, None] - 1)
    return history[at], (lens[:, None] - 1 - slots).clamp(min=0), valid, history[at + 1][valid]


def epoch():
    shuffled = torch.randperm(len(lengths))
    shuffled = shuffled[lengths[shuffled].argsort(stable=True)]
    for number in torch.randperm(-(-len(lengths) // arguments.users)).tolist():
        items, positions, valid, targets = batch(shuffled[number * arguments.users : (number + 1) * arguments.users])
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast(arguments.device, torch.bfloat16, enabled=arguments.bf16):
            hidden = encode(items, positions)[valid]
            loss = functional.cross_entropy(hidden @ model.items.weight.T, targets)
        loss.backward()
        if arguments.clip > 0:
            nn.utils.clip_grad_norm_(model.parameters(), arguments.clip)
        optimiser.step()


targets = int(lengths.sum())
times = []
for number in range(1 + arguments.epochs):
    start = time.perf_counter()
    epoch()
    if arguments.device == "cuda":
        torch.cuda.synchronize()
    times.append(time.perf_counter() - start)
median = statistics.median(times[1:])
print(f"sasrec_step pytorch {torch.__version__} {arguments.device} threads {arguments.threads} targets {targets} seconds {median:.2f}")
print(f"us_per_target {1e6 * median / targets:.1f}")
