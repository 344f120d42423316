# SPDX-License-Identifier: Apache-2.0
"""SASRec in PyTorch, and memory that stays with the process, for the peers beside this file."""

import os
import sys

# glibc reads these when a process starts. Without them each step maps and unmaps its memory: 2 to 3 times slower.
resident = {"MALLOC_TRIM_THRESHOLD_": "1099511627776", "MALLOC_MMAP_THRESHOLD_": "1099511627776"}
if any(os.environ.get(name) != value for name, value in resident.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | resident)

import torch
from torch import nn
from torch.nn import functional


class Layer(nn.Module):
    """Attention and feed-forward, each dropped out, added and normalised (post-LN)."""

    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-12), nn.LayerNorm(width, 1e-12)

    def forward(self, x):
        users, length, width = x.shape
        q, k, v = self.qkv(x).view(users, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v, dropout_p=self.dropout, is_causal=True)
        mixed = self.out(mixed.transpose(1, 2).reshape(users, length, width))
        x = self.norm1(x + functional.dropout(mixed, self.dropout))
        return self.norm2(x + functional.dropout(self.down(functional.gelu(self.up(x))), self.dropout))


class SASRec(nn.Module):
    def __init__(self, a, sparse=False):
        super().__init__()
        self.dropout = a.dropout
        self.items, self.positions = nn.Embedding(a.items, a.width, sparse=sparse), nn.Embedding(a.window, a.width)
        self.norm = nn.LayerNorm(a.width, 1e-12)
        self.layers = nn.ModuleList(Layer(a.width, a.heads, a.dropout) for _ in range(a.layers))

    def forward(self, items, positions):
        x = functional.dropout(self.norm(self.items(items) + self.positions(positions)), self.dropout)
        for layer in self.layers:
            x = layer(x)
        return x
