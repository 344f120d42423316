# SPDX-License-Identifier: Apache-2.0
"""Tokens per second of PyTorch and transformers on SmolLM2-135M's shape: prefill (hidden states after the final norm,
no head) of 8 x 128 and 1 x 512 tokens, and a LoRA step (rank 8 on queries and values, dropout .05; forward and
backward to 8 groups' 8 soft prompts and to LoRA, 120 tokens behind them).

    python llm.py [--threads 2] [--types float32 bfloat16] [--layers 30] [--repeat 5] [--device cuda]

Weights are random: they do not change the time. Medians after a first run are printed. Needs torch, transformers.
"""

import argparse
import os
import statistics
import sys
import time

# glibc reads these when a process starts. Without them each run maps and unmaps its memory.
resident = {"MALLOC_TRIM_THRESHOLD_": "1099511627776", "MALLOC_MMAP_THRESHOLD_": "1099511627776"}
if any(os.environ.get(name) != value for name, value in resident.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | resident)

import torch
from torch import nn
from torch.nn import functional
from transformers import LlamaConfig, LlamaModel

parser = argparse.ArgumentParser(description="Tokens a second of PyTorch on SmolLM2-135M's shape")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--types", nargs="+", default=["float32", "bfloat16"])
parser.add_argument("--layers", type=int, default=30)
parser.add_argument("--repeat", type=int, default=5)
parser.add_argument("--device", default="cpu")
arguments = parser.parse_args()
torch.set_default_device(arguments.device)
torch.set_num_threads(arguments.threads)
torch.manual_seed(0)
groups, soft_rows, length = 8, 8, 120


class LowRank(nn.Module):
    """A frozen linear map with LoRA of rank 8, scale 2, added to it."""

    def __init__(self, base):
        super().__init__()
        self.base = base
        self.a = nn.Parameter(torch.randn(8, base.in_features, dtype=base.weight.dtype) * base.in_features**-0.5)
        self.b = nn.Parameter(torch.zeros(base.out_features, 8, dtype=base.weight.dtype))

    def forward(self, x):
        low = functional.linear(functional.dropout(x, 0.05), self.a)
        return self.base(x) + 2 * functional.linear(low, self.b)


def report(name, tokens, action):
    times = []
    for _ in range(1 + arguments.repeat):
        start = time.perf_counter()
        action()
        if arguments.device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    print(f"{name} tokens/s {tokens / statistics.median(times[1:]):.0f}", flush=True)


print(f"pytorch {torch.__version__} {arguments.device} threads {arguments.threads} layers {arguments.layers}")
for scalar in arguments.types:
    config = LlamaConfig(
        vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=arguments.layers,
        num_attention_heads=9, num_key_value_heads=3, rms_norm_eps=1e-5, tie_word_embeddings=True,
    )
    model = LlamaModel(config).to(arguments.device, getattr(torch, scalar)).eval().requires_grad_(False)

    @torch.inference_mode()
    def prefill(texts, tokens):
        model(torch.randint(49152, (texts, tokens)), use_cache=False).last_hidden_state

    report(f"llm_prefill/smollm2_shape/128 {scalar}", 8 * 128, lambda: prefill(8, 128))
    report(f"llm_prefill/smollm2_shape/512 {scalar}", 512, lambda: prefill(1, 512))

    for layer in model.layers:
        layer.self_attn.q_proj = LowRank(layer.self_attn.q_proj)
        layer.self_attn.v_proj = LowRank(layer.self_attn.v_proj)
    soft = torch.randn(groups, soft_rows, 576, dtype=getattr(torch, scalar), requires_grad=True)
    upstream = torch.randn(groups, soft_rows + length, 576, dtype=getattr(torch, scalar))

    def step():
        embedded = torch.cat([soft, model.embed_tokens(torch.randint(49152, (groups, length)))], 1)
        model(inputs_embeds=embedded, use_cache=False).last_hidden_state.backward(upstream)
        soft.grad = None
        for parameter in model.parameters():
            parameter.grad = None

    report(f"llm_lora_step/smollm2_shape {scalar}", groups * (soft_rows + length), step)
