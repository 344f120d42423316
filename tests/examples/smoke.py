#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the programs do what docs/experiment.md describes, on a shop small enough to take seconds.

usage: smoke.py EXPERIMENT EXPERIMENT_EMULATED|none MAIN_JOB QUICKSTART LM SEMANTIC_IDS
"""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "hygiene"))
from compiler import run_trials

EXPERIMENT, EMULATED, MAIN_JOB, QUICKSTART, LM, SEMANTIC_IDS = sys.argv[1:]
TINY = ["--width", "16", "--heads", "1", "--layers", "1", "--text-tokens", "24", "--codes", "8", "--threads", "1",
        "--quiet"]
LAMBDAS = (0, 1, 2, 4, 8, 12, 16, 24, 32, 48)  # that validation chooses from
BACKBONES = ("sasrec", "bsarec", "bert4rec", "fdsa", "s3rec", "pinnerformer")
SMALL = [*TINY, "--epochs", "2", "--joint-epochs", "1"]


def shop(folder):
    """60 users in a shop of 40 items whose titles are two words."""
    draw = random.Random(1)
    words = ["red", "blue", "old", "new", "warm", "cold", "soft", "hard"]
    folder.mkdir()
    with open(folder / "items.tsv", "w") as items:
        for i in range(1, 41):
            items.write(f"{i}\t{draw.choice(words)} {draw.choice(words)} thing\t\t\n")
    with open(folder / "sequences.txt", "w") as sequences:
        for user in range(1, 61):
            items = draw.sample(range(1, 41), draw.randrange(5, 12))
            sequences.write(" ".join(map(str, [user, *items])) + "\n")


class Trial:
    def __init__(self, folder):
        self.folder = folder
        self.data = str(folder / "shop")
        shop(folder / "shop")

    def path(self, name):
        return str(self.folder / name)

    def run(self, *options, program=EXPERIMENT, status=0, text=None):
        done = subprocess.run([program, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              input=text, timeout=300, env={**os.environ, "COCO_CACHE": str(self.folder / "cache")})
        assert done.returncode == status, f"{' '.join(options)}: status {done.returncode}\n{done.stdout}"
        return done.stdout

    def report(self, *options, program=EXPERIMENT, small=SMALL):
        self.run("--data", self.data, *small, "--report", self.path("report.json"), *options, program=program)
        return json.loads(pathlib.Path(self.path("report.json")).read_text())

    def agrees_with_device(self, host, *options, small=SMALL):
        """The report of the emulated device, where there is one, ranks as the host's does."""
        if EMULATED == "none":
            print("SKIPPED: no experiment on the emulated device; tests/run --all has it")
            return None
        device = self.report(*options, "--device", "cuda", small=small, program=EMULATED)
        assert device["settings"]["device"] == "cuda"
        # Two items whose scores differ only by rounding may swap ranks.
        for part in ("test", "valid"):
            assert abs(device[part]["mean"]["MRR"] - host[part]["mean"]["MRR"]) < 0.01, (device[part], host[part])
        return device

    def same_file(self, a, b):
        assert pathlib.Path(self.path(a)).read_bytes() == pathlib.Path(self.path(b)).read_bytes(), f"{a} is not {b}"


def help_is_complete_and_unknown_options_are_refused(t):
    text = t.run("--help")
    for option in ("--data", "--coco", "--llm", "--stage1", "--resume", "--report", "--recipe", "--seeds"):
        assert option in text, option
    assert "not expected" in t.run("--data", t.data, "--cocoa", "full", status=109)
    t.run("--data", t.data, "--coco", "half", status=105)
    assert "--llm" in t.run("--data", t.data, "--coco", "full", status=1)
    assert "cannot be opened" in t.run("--data", t.path("nowhere"), status=1)


def every_variant_runs_and_reports(t):
    for items in ("table", "semantic"):
        for coco in ("off", "aux", "full", "soft", "dec", "con", *(("paper",) if items == "table" else ())):
            report = t.report("--coco", coco, "--llm", "tiny", "--items", items)
            assert report["settings"]["coco"] == coco and report["settings"]["items"] == items
            for part in (report["test"], report["valid"], report["base"]["test"]):
                assert set(part["mean"]) == {"R@5", "N@5", "R@10", "N@10", "MRR"}, part
                assert 0 < part["mean"]["MRR"] <= 1
            assert report["test"]["questions"] == 60
            (run,) = report["runs"]
            assert run["epochs"]["behaviour"] == 2 and run["epochs"]["joint"] == 1
            (epoch,) = run["joint"]
            assert run["lambda"] in LAMBDAS or coco in ("full", "soft", "dec", "con"), run
            if coco in ("full", "soft", "dec", "con", "paper"):
                assert epoch["moved"] > 0 and epoch["codes_per_user"] >= 1, epoch
        assert "nothing" in t.run("--data", t.data, *SMALL, "--coco", "channel", "--llm", "tiny", status=1)
        channel = t.report("--coco", "channel", "--llm", "tiny", "--items", items, small=SMALL[:-2])
        assert channel["runs"][0]["epochs"]["joint"] == 0 and channel["runs"][0]["lambda"] in LAMBDAS
        assert set(channel["test_by_seen"]) == {"excluded", "zeroed", "included"}
        assert channel["test_by_seen"]["excluded"] == channel["test"]
        assert channel["base"]["test"] == t.report("--coco", "off", "--llm", "tiny", "--items", items)["base"]["test"]
    assert t.report("--model", "pop")["test"]["mean"]["R@5"] == t.report()["popularity"]["R@5"]
    assert t.report("--recipe", "s3rec")["settings"]["seen"] == "zeroed"


def centred_users_choose_other_codes(t):
    chosen = [t.report("--coco", "paper", "--llm", "tiny", *more)["runs"][0]["joint"][0]["codes_per_user"]
              for more in ((), ("--centred",))]
    assert 1 <= chosen[1] < chosen[0] <= 8, chosen
    assert "--coco paper" in t.run("--data", t.data, *SMALL, "--coco", "full", "--llm", "tiny", "--centred", status=1)


def knowledge_learns_beside_a_behaviour_that_is_fixed(t):
    for fusion in ("semantic", "behaviour"):
        stage1 = t.path("unseen-" + fusion)
        once, again = (t.report("--coco", "full", "--llm", "tiny", "--unseen", "--fusion", fusion, "--stage1", stage1)
                       for _ in range(2))
        assert once["test"] == again["test"] and again["runs"][0]["stage1"] == "read"
        (run,) = once["runs"]
        assert run["epochs"]["behaviour"] == 2 and run["epochs"]["joint"] == 1 and run["joint"][0]["moved"] > 0, run
        signs = run["knowledge_diagnostics"]
        assert abs(signs["prompt_size"] - 1) < 1e-4 and 0 < signs["common_pure"] <= 1, signs


def columns_are_learned_from_all_folds(t):
    options = ("--coco", "channel", "--llm", "tiny", "--learn-columns", "--columns", "8")
    one = t.report(*options, "--stage1", t.path("held-back"), small=SMALL[:-2])
    once, again = (t.report(*options, "--folds", "2", "--stage1", t.path("folds"), small=SMALL[:-2]) for _ in range(2))
    assert once["test"] == again["test"]
    assert pathlib.Path(t.path("held-back-columns")).exists() and one["base"]["test"] == once["base"]["test"]
    assert all(pathlib.Path(t.path(f"folds-columns-{fold}")).exists() for fold in (0, 1))
    assert "--learn-columns" in t.run("--data", t.data, *SMALL, "--folds", "2", status=1)


def a_language_model_is_corrected_through_the_texts_of_items(t):
    options = ("--coco", "channel", "--llm", "tiny", "--learn-columns", "--columns", "8", "--correct-texts", "2",
               "--stage1", t.path("corrected"))
    once, again = (t.report(*options, small=SMALL[:-2]) for _ in range(2))
    assert once["test"] == again["test"]
    none, first, second = once["runs"][0]["corrections"]
    assert once["runs"][0]["text_layer"] == 2, once["runs"]
    assert first["loss"] > 0 and 0 < first["mean_m"] < 1 and first["loss"] != second["loss"], once["runs"]
    assert "--learn-columns" in t.run("--data", t.data, *SMALL, "--correct-texts", "2", status=1)


def losses_are_chosen_by_name(t):
    """Each trains the base and the whole pipeline."""
    losses = {"ce": (), "bce": (), "info_nce": (),
              "sampled": ("--shared-negatives", "20", "--drawn-from", "popularity", "--log-q", "all")}
    seen = {}
    for loss, options in losses.items():
        report = t.report("--loss", loss, *options)
        assert report["settings"]["loss"] == loss
        seen[loss] = report["test"]["mean"]["MRR"]
        t.report("--loss", loss, *options, "--coco", "full", "--llm", "tiny")
    assert len(set(seen.values())) == 4, seen
    assert "of no use" in t.run("--data", t.data, "--shared-negatives", "20", status=1)
    assert "of no use" in t.run("--data", t.data, "--loss", "bce", "--loss-temperature", "2", status=1)
    assert "of no use" in t.run("--data", t.data, "--loss", "bce", "--label-smoothing", ".1", status=1)
    smooth = t.report("--label-smoothing", ".5", small=SMALL[:-2])["test"]["mean"]["MRR"]
    assert smooth != t.report(small=SMALL[:-2])["test"]["mean"]["MRR"]


def backbones_are_chosen_by_name(t):
    """Each trains the base, is ranked with the channel, and trains the whole pipeline."""
    own = {"fdsa": ("--features", "title_words"), "s3rec": ("--pretrain-epochs", "2")}
    seen = {}
    for backbone in BACKBONES:
        options = ("--backbone", backbone, "--attention-dropout", "0", *own.get(backbone, ()), "--stage1",
                   t.path(f"stage1-{backbone}"))
        report = t.report(*options)
        assert report["settings"]["backbone"] == backbone
        seen[backbone] = report["test"]["mean"]["MRR"]
        t.report(*options, "--coco", "channel", "--llm", "tiny", small=SMALL[:-2])
        t.report(*options, "--coco", "full", "--llm", "tiny")
    assert len(set(seen.values())) == len(BACKBONES), seen
    assert "would read their targets" in t.run("--data", t.data, *SMALL, "--backbone", "bsarec", "--samples", "positions", status=1)
    assert "no vector for masked items" in t.run("--data", t.data, *SMALL, "--samples", "cloze", status=1)
    assert "no item has a value of this feature" in t.run("--data", t.data, *SMALL, "--backbone", "fdsa", status=1)


def pre_training_is_shared_by_runs_that_differ_behind_it(t):
    options = ("--backbone", "s3rec", "--pretrain-epochs", "2")
    ranked = lambda report: report["test"]["mean"]["MRR"]
    alone = ranked(t.report(*options, "--loss", "bce", small=SMALL[:-2]))
    kept = (*options, "--pretrained", t.path("pretrained"))
    for _ in range(2):  # trained and kept, then read
        assert ranked(t.report(*kept, "--loss", "bce", small=SMALL[:-2])) == alone
    assert ranked(t.report(*kept, "--loss", "ce", "--stage1", t.path("of_pretrained"), small=SMALL[:-2])) != alone
    assert "made with another setting" in t.run("--data", t.data, *SMALL[:-2], *kept, "--dropout", ".3", status=1)
    assert "of no use" in t.run("--data", t.data, *SMALL[:-2], "--pretrained", t.path("none"), status=1)


def towers_own_losses_and_recipes_are_chosen_by_name(t):
    pinnerformer = ("--backbone", "pinnerformer", "--loss", "own", "--llm", "tiny")
    seen = {}
    for items in ("table", "tower", "semantic-tower"):
        report = t.report(*pinnerformer, "--items", items, "--coco", "channel", small=SMALL[:-2])
        settings = report["settings"]
        assert settings["items"] == items and settings["loss"] == "sampled" and settings["log_q"] == "all", settings
        seen[items] = report["base"]["test"]["mean"]["MRR"]
    assert len(set(seen.values())) == 3, seen
    assert "--coco off or channel" in t.run("--data", t.data, *SMALL, *pinnerformer, "--items", "tower", status=1)
    for backbone in ("bsarec", "bert4rec"):
        settings = t.report("--recipe", backbone)["settings"]  # options given beside it win: TINY's one head
        assert settings["backbone"] == backbone and settings["heads"] == 1, settings
    assert t.report("--recipe", "bsarec", "--decay", ".1")["settings"]["transform_over"] == "window"
    for backbone, loss in (("sasrec", "bce"), ("fdsa", "bce"), ("s3rec", "bce"), ("bsarec", "ce"), ("bert4rec", "ce")):
        features = ("--features", "title_words") if backbone == "fdsa" else ()
        settings = t.report("--backbone", backbone, "--loss", "own", *features, small=SMALL[:-2])["settings"]
        assert settings["loss"] == loss, settings
    for useless in (("--features", "brand"), ("--cutoff", "3"), ("--pretrain-epochs", "2"), ("--masked", ".3"), ("--feature-items", "2"),
                    ("--correction-rate", ".1"), ("--backbone", "bsarec", "--block", "original"), ("--backbone", "bert4rec", "--future", "2")):
        assert "of no use" in t.run("--data", t.data, *SMALL, *useless, status=1), useless
    assert "of another backbone" in t.run("--data", t.data, *SMALL, "--recipe", "bsarec", "--backbone", "fdsa", status=1)


def unisrec_makes_its_items_of_texts(t):
    """Inductive and transductive, with pre-training and without; stopped and resumed; on the emulated device."""
    small = ("--model", "unisrec", "--llm", "tiny", "--width", "16", "--heads", "1", "--layers", "1", "--experts", "3",
             "--threads", "1", "--quiet", "--epochs", "2")
    seen = {}
    for options in ((), ("--transductive",), ("--pretrain-epochs", "2"), ("--pretrain-epochs", "2", "--train-encoder"),
                    ("--whiten", "--columns", "8")):
        report = t.report(*options, small=small)
        assert report["settings"]["model"] == "unisrec" and report["settings"]["hidden"] == 256, report["settings"]
        assert report["test_by_seen"]["excluded"] == report["test"] and report["runs"][0]["epochs"]["behaviour"] == 2
        seen[options] = report["test"]["mean"]["MRR"]
    assert len(set(seen.values())) == 5, seen
    one = t.report("--pretrain-epochs", "1", "--save", t.path("unisrec.coco"), small=small)
    assert t.report("--pretrain-epochs", "1", "--resume", t.path("unisrec.coco"), small=small)["test"] == one["test"]
    t.agrees_with_device(one, "--pretrain-epochs", "1", small=small)
    for wrong, message in (((), "needs text vectors"), (("--llm", "tiny", "--coco", "channel"), "of no use"),
                           (("--llm", "tiny", "--view-weight", "1"), "--pretrain-epochs")):
        assert message in t.run("--data", t.data, "--model", "unisrec", *wrong, status=1), wrong
    assert "--model unisrec" in t.run("--data", t.data, *SMALL, "--transductive", status=1)


def tiger_generates_semantic_ids(t):
    """Ids made here and ids of a file; stopped and resumed; on the emulated device."""
    small = ("--model", "tiger", "--width", "16", "--heads", "2", "--layers", "1", "--hidden", "32", "--threads", "1", "--quiet",
             "--epochs", "2", "--beam", "5")
    made = ("--llm", "tiny", "--id-codes", "4,4")
    one = t.report(*made, "--save", t.path("tiger.coco"), small=small)
    assert one["settings"]["window"] == 20 and one["settings"]["head_width"] == 8, one["settings"]
    assert one["test_by_seen"]["zeroed"] == one["test"] and one["runs"][0]["epochs"]["behaviour"] == 2
    assert t.report(*made, "--resume", t.path("tiger.coco"), small=small)["test"] == one["test"]
    t.agrees_with_device(one, *made, small=small)
    t.run("--data", t.data, "--codes", "4", "4", "--out", t.path("of_shop.ids"), program=SEMANTIC_IDS)
    assert t.report("--ids", t.path("of_shop.ids"), small=small)["test"] == one["test"]  # it makes the same ones
    for wrong, message in (((), "needs text vectors"), (("--llm", "tiny"), "more codes in a level than different item vectors"),
                           (("--ids", t.path("of_shop.ids"), "--id-codes", "4,4"), "made already"),
                           ((*made, "--samples", "positions"), "would read the targets"),
                           ((*made, "--attention-dropout", ".1"), "of no use"), ((*made, "--label-smoothing", ".1"), "of no use")):
        assert message in t.run("--data", t.data, *small, *wrong, status=1), wrong
    assert "--model tiger" in t.run("--data", t.data, *SMALL, "--beam", "3", status=1)


def with_items_dealt_anew(t, place):
    """A copy of the shop in which the users' items at this place of their sequences went to others."""
    folder, other = pathlib.Path(t.data), t.folder / f"dealt{place}"
    shutil.copytree(folder, other)
    lines = [line.split() for line in (folder / "sequences.txt").read_text().splitlines()]
    for line, item in zip(lines, [line[place] for line in lines][1:] + [lines[0][place]]):
        line[place] = item
    (other / "sequences.txt").write_text("".join(" ".join(line) + "\n" for line in lines))
    return str(other)


def held_out_targets_change_no_chosen_bit(t):
    """Two shops that differ in the users' last items alone: training, lambda, gate and layer are the same."""
    other = with_items_dealt_anew(t, -1)
    for coco in ("channel", "full"):
        for name, data in (("one", t.data), ("two", other)):
            t.run("--data", data, *SMALL[:-2], "--joint-epochs", "0" if coco == "channel" else "1", "--coco", coco,
                  "--llm", "tiny", "--text-layer", "0,1", "--stage1", t.path(f"stage1-{name}"), "--save", t.path(name))
        t.same_file("one", "two")


def tensors_of(path):
    data = pathlib.Path(path).read_bytes()
    header = int.from_bytes(data[:8], "little")
    names = json.loads(data[8:8 + header])
    return {k: v for k, v in names.items() if k != "__metadata__"}, data[8 + header:]


def validation_trains_nothing(t):
    """Other validation targets, where nothing is left to choose (one epoch, a given lambda): equal tensors."""
    other = with_items_dealt_anew(t, -2)
    for coco in ("channel", "full"):
        for name, data in (("one", t.data), ("two", other)):
            t.run("--data", data, *TINY, "--epochs", "1", "--joint-epochs", "0" if coco == "channel" else "1", "--coco",
                  coco, "--llm", "tiny", "--lambda", "4", "--save", t.path(name))
        assert tensors_of(t.path("one")) == tensors_of(t.path("two")), coco


def validation_chooses_among_semantic_columns(t):
    channel = ("--coco", "channel", "--llm", "tiny", "--text-layer", "0,1", "--shrink", ".001,1", "--stage1",
               t.path("chosen.coco"))
    small = SMALL[:-2]
    both = t.report(*channel, small=small)
    alone = {}
    for layer in ("0", "1"):
        for shrink in ("0.001", "1"):
            one = t.report("--coco", "channel", "--llm", "tiny", "--text-layer", layer, "--shrink", shrink, "--stage1",
                           t.path("chosen.coco"), small=small)
            alone[int(layer), float(shrink)] = one
    best = max(alone.values(), key=lambda r: r["valid"]["mean"]["N@10"])
    (run,) = both["runs"]
    assert both["valid"] == best["valid"] == alone[run["text_layer"], run["shrink"]]["valid"]
    assert "--stage1" in t.run("--data", t.data, *small, *channel[:8], status=1)
    assert sum(g["questions"] for g in both["groups"]["by_target_occurrences"]) == 60
    assert sum(g["questions"] for g in both["groups"]["by_history_length"]) == 60
    ungated = t.report("--coco", "channel", "--llm", "tiny", "--no-gate", small=small)
    assert ungated["runs"][0]["gate"] == 0
    text = t.report("--coco", "channel", "--llm", "tiny", "--items", "text", small=small)
    assert text["settings"]["items"] == "semantic"


def an_encoder_makes_semantic_columns(t):
    encoder = str(pathlib.Path(__file__).parents[1] / "fixtures" / "hf" / "bert")
    channel = ("--coco", "channel", "--text-encoder", encoder)
    read = t.report(*channel, small=SMALL[:-2])
    assert read["settings"]["text_encoder"] == encoder and read["data"]["text_encoder"]
    again = t.report(*channel, small=SMALL[:-2])  # from the cache
    assert again["test"] == read["test"]
    t.report(*channel, "--learn-columns", "--stage1", t.path("encoder.coco"), small=SMALL[:-2])
    t.report("--coco", "full", "--llm", "tiny", "--text-encoder", encoder)
    for wrong, word in ((("--text-layer", "1"), "--text-layer"), (("--learn-columns", "--correct-texts", "1"), "--correct-texts")):
        assert word in t.run("--data", t.data, *TINY, *channel, *wrong, status=1)
    assert "--text-encoder" in t.run("--data", t.data, *TINY, "--text-encoder", encoder, status=1)


def seeds_are_runs_of_their_own(t):
    both = t.report("--seeds", "3,4", "--per-user", t.path("gains.tsv"), "--save", t.path("two.coco"))
    for i, seed in enumerate(("3", "4")):
        alone = t.report("--seeds", seed, "--save", t.path(f"one-{seed}.coco"))
        assert alone["test"]["seeds"][0] == both["test"]["seeds"][i]
        t.same_file(f"two-{seed}.coco", f"one-{seed}.coco")
    lines = pathlib.Path(t.path("gains.tsv")).read_text().splitlines()
    assert lines[0] == "user\tseed 3\tseed 4" and len(lines) == 61
    mean = sum(float(line.split("\t")[1]) for line in lines[1:]) / 60
    assert abs(mean - both["test"]["seeds"][0]["N@10"]) < 1e-5


def a_shared_stage_1_gives_what_an_own_one_gives(t):
    options = ("--coco", "full", "--llm", "tiny")
    own = t.report(*options, "--save", t.path("own.coco"))
    for where in ("trained and kept", "read"):
        shared = t.report(*options, "--save", t.path("shared.coco"), "--stage1", t.path("stage1.coco"))
        assert shared["runs"][0]["stage1"] == where
        for part in ("test", "valid", "base"):
            assert shared[part] == own[part], part
        t.same_file("own.coco", "shared.coco")
    t.run("--data", t.data, *SMALL, *options, "--stage1", t.path("stage1.coco"), "--dropout", "0.1", status=1)


def going_on_gives_the_file_of_a_run_that_never_stopped(t):
    options = ("--data", t.data, *TINY, "--epochs", "40", "--patience", "40", "--joint-epochs", "4", "--llm", "tiny")
    t.run(*options, "--save", t.path("whole.coco"))
    parts = ("--save", t.path("parts.coco"), "--resume", t.path("parts.coco"))
    stopped = 0
    for wait in (0.3, 0.2, 0.25, 0.15, 0.2):
        process = subprocess.Popen([EXPERIMENT, *options, *parts], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        status = process.wait(timeout=300)
        assert status in (0, 130, -signal.SIGINT), status
        stopped += status == 130
    t.run(*options, *parts)
    t.same_file("whole.coco", "parts.coco")
    assert stopped, "never stopped on the way"


def a_gpu_trains_what_the_host_trains(t):
    options = ("--coco", "full", "--llm", "tiny", "--items", "semantic")
    host = t.report(*options, "--stage1", t.path("stage1.coco"))
    for stage1 in ((), ("--stage1", t.path("stage1.coco"))):
        device = t.agrees_with_device(host, *options, *stage1)
        if not device:
            break
        mine, theirs = ([run["joint"][0] for run in report["runs"]] for report in (device, host))
        for a, b in zip(mine, theirs, strict=True):
            assert abs(a["loss"] - b["loss"]) <= 1e-4 * b["loss"] and a["codes_per_user"] == b["codes_per_user"], (a, b)
    if shutil.which("nvidia-smi") is None:
        assert "cuda" in t.run("--data", t.data, *SMALL, "--device", "cuda", status=1)


def the_main_job_ends_with_recommendations(t):
    text = t.run("--data", t.data, "--quick", "--threads", "1", program=MAIN_JOB)
    for line in ("PopRec", "SASRec+channel", "SASRec+CoCo", "95 % intervals", "standard error", "may take next", "10. "):
        assert line in text, f"{line} is missing in\n{text}"
    assert text.count("took last") == 3


def weights_may_be_kept_in_any_storage(t):
    found = [t.report("--coco", "full", "--llm", "tiny", "--llm-storage", storage, "--save", t.path(storage))["test"]
             for storage in ("float", "bf16", "stored")]
    assert found[0] == found[2], "the tiny model's weights are floats: stored is float"
    t.run("--data", t.data, *SMALL, "--coco", "full", "--llm", "tiny", "--resume", t.path("bf16"), status=1)


def lm_reads_and_writes(t):
    cache = os.environ.get("COCO_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "coco")
    models = sorted(pathlib.Path(cache).glob("smollm2/*.gguf"))
    if not models:
        print("SKIPPED: no SmolLM2 GGUF in the cache")
        return
    model, few = str(models[0]), ("--layers", "2", "--threads", "1")
    assert "134515008" in t.run("describe", model, program=LM)
    ids = t.run("tokenize", model, program=LM, text="Usual Suspects, The")
    assert t.run("decode", model, program=LM, text=ids) == "Usual Suspects, The\n"
    assert "not a list of ids" in t.run("decode", model, program=LM, text="1 two", status=1)
    assert len(t.run("embed", model, *few, "--pool", "last", program=LM, text="a b").split()) == 576
    t.run("logits", model, *few, "--npy", t.path("logits.npy"), program=LM, text="a b")
    assert pathlib.Path(t.path("logits.npy")).stat().st_size == 128 + 2 * 49152 * 4
    assert len(t.run("logits", model, *few, "--top", "3", program=LM, text="a b").splitlines()) == 3
    written = [t.run("generate", model, *few, "-n", "5", "--storage", storage, program=LM, text="Once upon")
               for storage in ("stored", "float")]
    assert written[0] == written[1] and len(written[0]) > 1, written
    lines = pathlib.Path(t.path("prompts"))
    lines.write_text("Once upon\nA red shoe\nOnce upon\n")
    many = ("generate", model, *few, "-n", "5", "--lines", str(lines), "--answers", t.path("answers"))
    answers = t.run(*many, program=LM).splitlines()
    assert len(answers) == 3 and answers[0] == answers[2] and answers[0] in written[0], (answers, written)
    kept = pathlib.Path(t.path("answers")).read_bytes()
    pathlib.Path(t.path("answers")).write_bytes(kept[:-3])  # what a killed run leaves behind
    assert t.run(*many, program=LM).splitlines() == answers and pathlib.Path(t.path("answers")).read_bytes() == kept
    assert len(kept.splitlines()) == 3
    assert "other settings" in t.run(*many, "--seed", "2", program=LM, status=1)
    table = t.run("bench", model, "--layers", "2", "-p", "8", "-n", "2", "-t", "1,2", "-r", "1", program=LM).splitlines()
    assert len(table) == 6 and "pp8" in table[2] and "tg2" in table[5], table
    assert "no text" in t.run("tokenize", model, program=LM, text="", status=1)


def the_quickstart_is_quick(t):
    text = t.run(program=QUICKSTART)
    assert "R@10 0." in text and "for user 0, with what is known of them:" in text, text


def semantic_ids_are_reported_and_written(t):
    small = ("--data", t.data, "--codes", "4", "4", "--columns", "8", "--threads", "1", "--quiet")
    for method in ("kmeans", "rq-vae"):
        options = (*small, "--method", method, "--hidden", "8", "--width", "4", "--epochs", "2")
        text = t.run(*options, "--out", t.path(method), program=SEMANTIC_IDS)
        for line in ("40 items, 0 without text", "level 1: ", "different tuples", "same category", "written: "):
            assert line in text, f"{line} is missing in\n{text}"
        t.run(*options, "--out", t.path("again"), program=SEMANTIC_IDS)
        t.same_file(method, "again")
    assert "more codes in a level" in t.run(*small, "--codes", "99", program=SEMANTIC_IDS, status=1)


TRIALS = (help_is_complete_and_unknown_options_are_refused, every_variant_runs_and_reports,
          centred_users_choose_other_codes, knowledge_learns_beside_a_behaviour_that_is_fixed,
          columns_are_learned_from_all_folds, a_language_model_is_corrected_through_the_texts_of_items, losses_are_chosen_by_name,
          backbones_are_chosen_by_name, pre_training_is_shared_by_runs_that_differ_behind_it, towers_own_losses_and_recipes_are_chosen_by_name, unisrec_makes_its_items_of_texts, tiger_generates_semantic_ids, held_out_targets_change_no_chosen_bit, validation_trains_nothing,
          validation_chooses_among_semantic_columns, an_encoder_makes_semantic_columns, seeds_are_runs_of_their_own,
          a_shared_stage_1_gives_what_an_own_one_gives, going_on_gives_the_file_of_a_run_that_never_stopped,
          a_gpu_trains_what_the_host_trains,
          the_main_job_ends_with_recommendations, weights_may_be_kept_in_any_storage, lm_reads_and_writes,
          the_quickstart_is_quick, semantic_ids_are_reported_and_written)

if __name__ == "__main__":
    sys.exit(run_trials(TRIALS, Trial))
