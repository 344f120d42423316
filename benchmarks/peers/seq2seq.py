# SPDX-License-Identifier: Apache-2.0
"""Times of transformers' T5 over semantic ids: the twin of benchmarks/seq2seq_step.cpp.

    python seq2seq.py [--threads 1] [--size tiger|small] [--repeat 5] [--work step beam free]

A training step (forward, backward, fused AdamW) of 64 pairs of 40 and 4 tokens, dropout .1; a beam of 20 over the ids
of 12,101 items for 64 users by `generate`, held to the valid ids by `prefix_allowed_tokens_fn`, and `free`, held to
nothing. Weights and tokens are random: they do not change the time. Medians after a first run are printed, and of the
process's own time, which other work on the machine changes little.
Needs torch, transformers.
"""

import argparse
import os
import random
import statistics
import sys
import time

# glibc reads these when a process starts. Without them each run maps and unmaps its memory.
resident = {"MALLOC_TRIM_THRESHOLD_": "1099511627776", "MALLOC_MMAP_THRESHOLD_": "1099511627776"}
if any(os.environ.get(name) != value for name, value in resident.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | resident)

import torch
from transformers import T5Config, T5ForConditionalGeneration

parser = argparse.ArgumentParser(description="Times of transformers' T5 over semantic ids")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--size", choices=["tiger", "small"], default="tiger")
parser.add_argument("--repeat", type=int, default=5)
parser.add_argument("--work", nargs="+", default=["step", "beam", "free"])
arguments = parser.parse_args()
torch.set_num_threads(arguments.threads)
torch.manual_seed(0)
random.seed(0)
ITEMS, USERS, HISTORY, BEAM = 12101, 64, 10, 20
sizes = {"tiger": dict(d_model=128, num_heads=6, d_kv=64, d_ff=1024, num_layers=4),
         "small": dict(d_model=64, num_heads=4, d_kv=16, d_ff=256, num_layers=2)}[arguments.size]
# No token is excluded from being the last one: generation ends by length.
config = T5Config(vocab_size=1029, dropout_rate=0.1, feed_forward_proj="relu", pad_token_id=0, eos_token_id=None,
                  decoder_start_token_id=0, **sizes)
model = T5ForConditionalGeneration(config)
model.generation_config.eos_token_id = None
ids = [[1 + 256 * level + random.randrange(256) for level in range(3)] + [1025] for _ in range(ITEMS)]
allowed = {}
for tokens in ids:
    for length in range(4):
        allowed.setdefault(tuple(tokens[:length]), set()).add(tokens[length])
allowed = {prefix: sorted(tokens) for prefix, tokens in allowed.items()}
source = torch.tensor([sum((ids[random.randrange(ITEMS)] for _ in range(HISTORY)), []) for _ in range(USERS)])
target = torch.tensor([ids[random.randrange(ITEMS)] for _ in range(USERS)])
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)


def step():
    model.train()
    optimizer.zero_grad(set_to_none=False)
    model(input_ids=source, labels=target).loss.backward()
    optimizer.step()


def search(**more):
    model.eval()
    with torch.inference_mode():
        model.generate(input_ids=source, num_beams=BEAM, num_return_sequences=BEAM, max_new_tokens=4, min_new_tokens=4,
                       do_sample=False, **more)


def next_tokens(_, tokens):
    return allowed[tuple(tokens.tolist()[1:])]


actions = {"step": step, "beam": lambda: search(prefix_allowed_tokens_fn=next_tokens), "free": search}
for name in arguments.work:
    times, own = [], []
    for _ in range(1 + arguments.repeat):
        start, busy = time.perf_counter(), time.process_time()
        actions[name]()
        times.append(time.perf_counter() - start)
        own.append(time.process_time() - busy)
    print(f"{name} {arguments.size}: median {statistics.median(times[1:]) * 1e3:.1f} ms, "
          f"of the process {statistics.median(own[1:]) * 1e3:.1f} ms")
