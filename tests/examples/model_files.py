#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that `lm` takes a model file's word or refuses it by name: end tokens, chat templates, rows and tokens, bytes.
The files are made here, by tests/fixtures/gguf_file.py.

usage: model_files.py LM
"""
import pathlib
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "hygiene"), str(TESTS / "fixtures")]
from compiler import run_trials
from gguf_file import Model, Typed

LM = sys.argv[1]
CHATML = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
NEWLINE, END, IM_END = 10, 256, 258


class Trial:
    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return str(self.folder / name)

    def write(self, model, name="model.gguf"):
        return model.write(self.folder / name)

    def run(self, *options, text=b"", status=0):
        text = text if isinstance(text, bytes) else text.encode()
        done = subprocess.run([LM, *options], capture_output=True, input=text, timeout=60)
        assert done.returncode == status, f"{options}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if status == 0 else done.stderr.decode()

    def refusal(self, *options, text=b"hi"):
        return self.run(*options, text=text, status=1)


def answers(special, end, last=NEWLINE):
    """A model that writes "Yes" and then `end` after the token `last`."""
    chain = [last, *b"Yes", end]
    return Model(special, next_token=dict(zip(chain, chain[1:])))


def an_answer_ends_at_the_end_of_a_turn(t):
    for name, key in (("eot", "tokenizer.ggml.eot_token_id"), ("eom", "tokenizer.ggml.eom_token_id"), ("", "")):
        model = answers(CHATML, IM_END)
        model.metadata["tokenizer.ggml.eos_token_id"] = END
        if key:
            model.metadata[key] = IM_END
        assert t.run("generate", t.write(model), "--chat", "-n", "9", text="hi") == b"Yes\n", name
    llama = answers(("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"), 259)
    assert t.run("generate", t.write(llama), "--chat", "-n", "9", text="hi") == b"Yes\n"
    zephyr = answers(("</s>", "<|user|>", "<|assistant|>"), END, last=258)
    zephyr.metadata["tokenizer.chat_template"] = (
        "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] + '</s>' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}")
    assert t.run("generate", t.write(zephyr), "--chat", "-n", "9", text="hi") == b"Yes\n"
    assert b"a turn ends at 256 </s>" in t.run("describe", t.path("model.gguf"))
    assert t.run("generate", t.write(zephyr), "-n", "4", "--special", text="<|assistant|>") == b"Yes</s>\n"


def a_folder_has_its_end_tokens_and_template(t):
    model = answers(CHATML, IM_END)
    template = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}" \
               "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    folder = model.write_folder(t.folder / "hf", config={"eos_token_id": END},
                                generation_config={"eos_token_id": [END, 257]},
                                tokenizer_config={"chat_template": template, "eos_token": "<|endoftext|>"})
    assert t.run("generate", folder, "--chat", "-n", "9", text="hi") == b"Yes\n"
    described = t.run("describe", folder)
    assert b"a text ends at 256 <|endoftext|> 257 <|im_start|>" in described, described
    assert b"by the file's own template; a turn ends at 258 <|im_end|>" in described, described


def an_end_token_that_is_none_or_no_token(t):
    for value, said in ((Typed("u32", 2**32 - 1), "no token"), (Typed("i32", -1), "no token"),
                        (257, "what is no token"), (70000, "what is no token"), (Typed("i32", -2), "what is no token")):
        model = Model()
        model.metadata["tokenizer.ggml.eos_token_id"] = value
        path = t.write(model)
        described = t.run("describe", path).decode()
        assert f"a text ends at {said}" in described and "(null)" not in described, described
        if said == "no token":
            t.run("generate", path, "-n", "2", text="hi")
        else:
            assert "tokenizer.ggml.eos_token_id: no such token" in t.refusal("generate", path, "-n", "2")
    folder = Model().write_folder(t.folder / "hf", config={"eos_token_id": 999})
    assert "config.json: eos_token_id: no such token: expected 0 to 256" in t.refusal("generate", folder)


def a_template_that_is_not_supported_is_refused_with_the_cure(t):
    model = answers(CHATML, IM_END)
    model.metadata["tokenizer.chat_template"] = "{% macro turn(m) %}{{ m.content }}{% endmacro %}{{ turn(messages[0]) }}"
    path = t.write(model)
    error = t.refusal("generate", path, "--chat")
    assert "tokenizer.chat_template:1: statement not supported: found macro" in error and "--template" in error, error
    assert b"not written here" in t.run("describe", path)
    assert t.run("generate", path, "--chat", "--template", "chatml", "-n", "9", text="hi") == b"Yes\n"
    assert "unknown name" in t.refusal("generate", path, "--chat", "--template", "alpaca")
    plain = t.write(Model())
    assert "no chat template" in t.refusal("generate", plain, "--chat")
    model.metadata["tokenizer.chat_template"] = "{{ raise_exception('no system here') }}"
    assert "no system here" in t.refusal("generate", t.write(model), "--chat", "--system", "x")


def rows_without_a_token_and_tokens_without_a_row(t):
    more_rows = Model(rows=300, next_token={ord("a"): 299, ord("b"): 257, ord("c"): ord("d")})
    path = t.write(more_rows)
    assert t.run("logits", path, "--top", "1", text="a").split()[0] == b"299"
    for text in ("a", "b", "c"):
        t.run("generate", path, "-n", "5", text=text)
    assert len(t.run("logits", path, "--top", "300", text="a").splitlines()) == 300
    fewer = Model(CHATML, rows=257)
    path = t.write(fewer)
    assert b"2 without a row" in t.run("describe", path)
    assert t.run("tokenize", path, "--special", text="a<|im_end|>") == b"97 258\n"
    for command in (("generate", "-n", "1"), ("embed",), ("logits",)):
        assert "token without an embedding: expected 0 to 256, found 258" in t.refusal(
            command[0], path, *command[1:], "--special", text="a<|im_end|>")
        t.run(command[0], path, *command[1:], text="ab")


def ids_that_users_give(t):
    path = t.write(Model())
    assert t.run("decode", path, text="104 105\n 33\t") == b"hi!\n"
    for ids, word in (("257", "no such token"), ("-1", "no such token"), ("70000", "no such token"),
                      ("4294967295", "not a list of ids"), ("99999999999999999999", "not a list of ids"),
                      ("104 -", "not a list of ids"), ("1.5", "not a list of ids"), ("12,13", "not a list of ids")):
        assert word in t.refusal("decode", path, text=ids), ids
    assert t.run("decode", path) == b"\n"


def bytes_are_bytes(t):
    path = t.write(Model())
    for text in (b"a\0b", b"\0", b"\0\0\n\0", b"x" * 100000 + b"\0", "Käse\r\n\0".encode()):
        ids = t.run("tokenize", path, text=text)
        assert len(ids.split()) == len(text), text[:20]
        assert t.run("decode", path, text=ids) == text + b"\n", text[:20]
        pathlib.Path(t.path("text")).write_bytes(text)
        assert t.run("tokenize", path, "--file", t.path("text")) == ids
    # A model that writes what it reads next to a NUL.
    model = Model(next_token={ord("a"): 0, 0: ord("b"), ord("b"): END})
    model.metadata["tokenizer.ggml.eos_token_id"] = END
    assert t.run("generate", t.write(model), "-n", "9", text=b"\0a") == b"\0b\n"
    chat = Model(CHATML)
    seen = [t.run("logits", t.write(chat), "--top", "3", text=text) for text in (b"a\0b", b"a\0c", b"a")]
    assert len(set(seen)) == 3


def lines_of_any_length_and_end(t):
    path = t.write(Model())

    def vectors(data):
        pathlib.Path(t.path("lines")).write_bytes(data)
        t.run("embed", path, "--lines", t.path("lines"), "--npy", t.path("out.npy"), "--layer", "1")
        raw = pathlib.Path(t.path("out.npy")).read_bytes()
        size = struct.unpack("<H", raw[8:10])[0]
        values = raw[10 + size:]
        return [values[at:at + 32] for at in range(0, len(values), 32)]

    one, two = vectors(b"one\ntwo\n")
    assert vectors(b"one\ntwo") == [one, two]
    assert vectors(b"one\r\ntwo\r\n") == [one, two]
    assert vectors(b"one\n\ntwo\n") == [one, bytes(32), two]
    assert vectors(b"one\ntwo\n\n") == [one, two, bytes(32)]
    assert vectors(b"\n") == [bytes(32)]
    nul = vectors(b"one\0two\none\ntwo\n")
    assert nul[1:] == [one, two] and nul[0] not in nul[1:]
    long = vectors(b"x" * 20000 + b"\none\n")
    assert len(long) == 2 and long[1] == one
    pathlib.Path(t.path("empty")).write_bytes(b"")
    assert "no line" in t.refusal("embed", path, "--lines", t.path("empty"), "--npy", t.path("out.npy"))


def states_need_no_output_matrix(t):
    tied = Model()
    tied.tensors["output.weight"] = tied.tensors["token_embd.weight"]
    whole = tied.write_folder(t.folder / "whole")
    del tied.tensors["output.weight"]
    bare = tied.write_folder(t.folder / "bare", config={"tie_word_embeddings": False})
    assert t.run("embed", bare, text="hi") == t.run("embed", whole, text="hi")
    assert b"no output matrix: hidden states only" in t.run("describe", bare)
    for command in ("logits", "generate"):
        assert "lm_head.weight: no such tensor" in t.refusal(command, bare)


def the_vector_of_a_text_is_that_which_the_file_names(t):
    model = Model()
    vectors = [t.run("embed", t.write(model), "--pool", pool, text="hi") for pool in ("mean", "last")]
    for kind, expected in ((1, vectors[0]), (3, vectors[1])):
        model.metadata["llama.pooling_type"] = kind
        assert t.run("embed", t.write(model), text="hi") == expected
        assert t.run("embed", t.write(model), "--pool", "mean", text="hi") == vectors[0]
    model.metadata["llama.pooling_type"] = 2
    assert "llama.pooling_type: not supported" in t.refusal("embed", t.write(model))


def a_sliding_window_holds_the_text_or_the_text_is_refused(t):
    model = Model()
    plain = t.run("embed", t.write(model), text="four")
    model.metadata["llama.attention.sliding_window"] = 4
    path = t.write(model)
    assert t.run("embed", path, text="four") == plain
    assert "sliding window: expected at most 4 tokens, found 5" in t.refusal("embed", path, text="fives")
    assert "sliding window" in t.refusal("generate", path, "-n", "2", text="abc")
    t.run("generate", path, "-n", "1", text="abc")


def keys_and_settings_that_are_not_known_are_refused(t):
    for key, value in (("llama.final_logit_softcapping", 30.0), ("llama.rope.scaling.type", "yarn"),
                       ("split.count", 2), ("llama.new_thing", 1)):
        model = Model()
        model.metadata[key] = value
        assert f"{key}: " in t.refusal("describe", t.write(model)), key
    for number, (files, word) in enumerate((({"config": {"num_experts": 4}}, "num_experts: not supported"),
                                            ({"tokenizer": {"truncation": {"max_length": 5}}}, "truncation: is not done"),
                                            ({"tokenizer": {"padding": {"pad_id": 0}}}, "padding: is not done"))):
        folder = Model().write_folder(t.folder / str(number), **files)
        assert word in t.refusal("logits", folder), word


CHECKS = [an_answer_ends_at_the_end_of_a_turn, a_folder_has_its_end_tokens_and_template,
          an_end_token_that_is_none_or_no_token, a_template_that_is_not_supported_is_refused_with_the_cure,
          rows_without_a_token_and_tokens_without_a_row, ids_that_users_give, bytes_are_bytes,
          lines_of_any_length_and_end, states_need_no_output_matrix, the_vector_of_a_text_is_that_which_the_file_names,
          a_sliding_window_holds_the_text_or_the_text_is_refused, keys_and_settings_that_are_not_known_are_refused]


if __name__ == "__main__":
    sys.exit(run_trials(CHECKS, Trial))
