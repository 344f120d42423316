#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The library's words are those of docs/architecture.md#glossary: identifiers that were renamed do not come back.

usage: vocabulary.py

Two lists: identifiers that are gone for good, and words whose old sense is gone, each with the pattern of that sense.
Code is searched as tokens, so an old name in a sentence about history is no fault; prose is searched for the old words.
"""
import re
import sys

sys.dont_write_bytecode = True
from compiler import ROOT, finish
from style import code_files

# Old identifier -> new one. None of these may be a token of code again.
GONE = {
    "Kept": "Saved", "Item": "ItemText", "Passed": "Linear::Saved", "Sees": "AttentionMask", "Had": "SeenItems", "Home": "ParameterBlock",
    "Layout": "ParameterLayout", "Slot": "TensorRef", "StoredSlot": "StoredTensorRef", "Draw": "RandomStream",
    "Filler": "BatchBuilder", "Plan": "Sampler", "Trained": "TrainedModel", "Ledger": "StepMetrics",
    "Vitals": "TrainingDiagnostics", "Counting": "CostModel", "Desk": "RequestContext", "Repeats": "GraphCache",
    "Choice": "CodeSelection", "Phase": "TrainingStage", "Known": "KnowledgeForward", "know": "extract_knowledge",
    "know_row": "query_row", "knows": "uses_knowledge", "chooses": "selects_codes", "choose": "select_codes",
    "classify": "softmax_cross_entropy", "disown": "deallocate", "bring": "upload", "visit_blocks": "for_each_block",
    "file_sum": "file_digest", "catalogue_sum": "catalogue_digest", "language_sum": "language_digest",
    "model_sum": "model_digest", "ledger": "metrics", "vitals": "diagnostics", "filler": "builder", "desk": "recommender",
    "CheckedWord": "CheckedPart", "word_for": "part_for", "laws": "conformance", "Here": "PolicyUnderTest",
    "skill": "primitive", "skills": "primitives", "stretch": "slice", "stretches": "slices", "most_layers": "max_layers",
    "most_targets": "max_targets", "most_tokens": "max_tokens", "told": "on_progress", "brought": "uploaded",
    "fetched": "downloaded", "each_drawn": "for_each_random_bits", "codes_a_user": "codes_per_user",
    "COCO_LAWS_ON_DEVICE": "COCO_CONFORMANCE_ON_DEVICE", "coco_floor": "coco_unit_test", "floors": "unit_tests",
    "EpochSampler": "Sampler", "EpochSettings": "SamplerParts", "ObjectiveKind": "Objectives",
}
# Words that are still used in another sense: the tokens of the old one, written as they stand in code.
SENSES = [
    (r"\bon(_)?(\.|->)(rows|rank|place|norm|update|put|fetch|own)\(", "a primitive's old name"),
    (r"\bRun<", "Context"), (r"\brun\.(on|work|value|gradient|training)\b", "ctx"),
    (r"\bSeen<", "ExcludedItems"), (r"\bBase<", "SequentialRecommender"), (r"\bAnswer<P>", "Scoring"),
    (r"\bdecoupler::Identity\b", "decoupler::MeanPool"), (r"\bdata::AtomicFile\b", "data::NamedTable"),
    (r"\bdata::(Sample|Batches|Limits|Negatives)\b", "sampling::"), (r"\bcoco::Group\b", "ParameterGroup"),
    (r"coco/(core/config|data/item|exec/skills|nn/stage|loss/total|pipeline/(base|trained|sampling))\.hpp", "renamed header"),
]
# Prose.
PROSE = [
    (r"\bskills?\b", "primitive"), (r"\bthe (floor|floors|house|trunk)\b", "level, structure, policy-independent code"),
    (r"\blaws? of (a|the)\b", "conformance test"), (r"\b(whoever|nobody|somebody)\b", "name the caller or use the passive"),
    (r"\bvital signs?\b", "diagnostics"), (r"\bledger\b", "metrics"), (r"\bdesk\b", "recommender"),
    (r"\b(codes|tokens|steps) a (user|second|row|text)\b", "per"), (r"\bknow row\b", "query row"),
    (r"\bby heart\b", "memorise, overfit"),
]
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|[A-Za-z_]\w*|.', re.S)
CPP = (".hpp", ".cpp", ".cuh", ".cu")


def split(text):
    """(line, token, whether a comment) of C++ text; strings are left out: they name files' keys."""
    line = 1
    for match in TOKEN.finditer(text):
        token = match.group(0)
        if not token.startswith(('"', 'R"', "'")):
            yield line, token, token.startswith(("//", "/*"))
        line += token.count("\n")


def sources():
    for path in code_files():
        if path.suffix in CPP:
            yield path, path.read_text(errors="replace")


def identifiers():
    for path, text in sources():
        for line, token, comment in split(text):
            if not comment and token in GONE:
                yield f"{path.relative_to(ROOT)}:{line}: `{token}` is called `{GONE[token]}` now"


def senses():
    for path, text in sources():
        code = "\n".join(line.split("//")[0] for line in text.split("\n"))
        for pattern, new in SENSES:
            for match in re.finditer(pattern, code):
                line = code.count("\n", 0, match.start()) + 1
                yield f"{path.relative_to(ROOT)}:{line}: `{match.group(0)}`: {new}"


def prose():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    texts = [(path, [(1 + n, line) for n, line in enumerate(path.read_text().split("\n"))]) for path in pages]
    texts += [(path, [(line, token) for line, token, comment in split(text) if comment]) for path, text in sources()]
    for path, lines in texts:
        for number, line in lines:
            bare = re.sub(r"`[^`]*`", "", line)  # a quoted key of a file may be old
            for pattern, new in PROSE:
                if found := re.search(pattern, bare, re.I):
                    yield f"{path.relative_to(ROOT)}:{number}: `{found[0]}`: {new}"


def main():
    failed = 0
    for rule in (identifiers, senses, prose):
        broken = list(rule())
        print(*broken, sep="\n", end="\n" if broken else "")
        failed += bool(broken)
    return finish(3 - failed, failed)


if __name__ == "__main__":
    sys.exit(main())
