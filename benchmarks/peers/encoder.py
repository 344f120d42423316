# SPDX-License-Identifier: Apache-2.0
"""Titles as vectors by all-MiniLM-L6-v2 in PyTorch and transformers: the twin of encoder_titles in benchmarks/encoder.cpp.

    python encoder.py FOLDER ITEMS [--threads 1] [--batch 32] [--save VECTORS.npy]

FOLDER is the model's, ITEMS a table whose second column are titles. As sentence-transformers does, titles are sorted by
their length, longest first, and read in batches that are padded to their longest text; the mean of a text's hidden rows
is scaled to length 1. The time of tokenizer and model together is printed, elapsed and of the processor. Needs torch,
transformers, tokenizers, numpy.
"""

import argparse
import pathlib
import time

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertModel

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("folder")
parser.add_argument("items")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--save")
arguments = parser.parse_args()
torch.set_num_threads(arguments.threads)
tokenizer = Tokenizer.from_file(f"{arguments.folder}/tokenizer.json")
tokenizer.no_padding()
tokenizer.enable_truncation(256)
model = BertModel.from_pretrained(arguments.folder, add_pooling_layer=False).eval()
titles = [line.split("\t")[1] for line in pathlib.Path(arguments.items).read_bytes().decode(errors="replace").split("\n") if line]


@torch.inference_mode()
def vectors(texts):
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    out = np.zeros((len(texts), model.config.hidden_size), np.float32)
    for start in range(0, len(order), arguments.batch):
        some = order[start:start + arguments.batch]
        ids = [encoding.ids for encoding in tokenizer.encode_batch([texts[i] for i in some])]
        padded = torch.zeros(len(ids), max(map(len, ids)), dtype=torch.long)
        mask = torch.zeros_like(padded)
        for row, text in enumerate(ids):
            padded[row, :len(text)] = torch.tensor(text)
            mask[row, :len(text)] = 1
        rows = model(padded, attention_mask=mask).last_hidden_state
        share = mask[..., None].float()
        mean = (rows * share).sum(1) / share.sum(1)
        out[some] = torch.nn.functional.normalize(mean, dim=1).numpy()
    return out


vectors(titles[:200])
wall, processor = time.perf_counter(), time.process_time()
result = vectors(titles)
wall, processor = time.perf_counter() - wall, time.process_time() - processor
print(f"{len(titles)} titles: {wall:.2f} s, of the processor {processor:.2f} s, {len(titles) / wall:.0f} texts/s")
if arguments.save:
    np.save(arguments.save, result)
