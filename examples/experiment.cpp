// SPDX-License-Identifier: Apache-2.0
// A program for experiments: one model, one data set, some seeds; prints a table and writes a JSON report.
// docs/experiment.md describes the settings.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <optional>
#include <set>

#include <coco/baseline/popularity.hpp>
#include <coco/io/atomic_file.hpp>
#include <coco/train/sasrec_presets.hpp>

#include "experiment/groups.hpp"
#include "experiment/material.hpp"
#include "experiment/recipes.hpp"
#include "experiment/report.hpp"

namespace experiment {
namespace {

/// Parses the command line; options that are not given follow from the recipe or the data.
class CommandLine {
public:
    CommandLine()
        : app_("Trains and evaluates a recommender, with and without a language model.", "experiment") {
        app_.set_version_flag("--version", coco::version);
        data();
        model();
        unisrec();
        tiger();
        coco();
        training();
        program();
    }

    CLI::App& app() { return app_; }

    /// Fills in the options that were not given. \throws Error if options contradict each other
    Options finished() {
        if (const coco::SASRecPreset* const p = coco::find_sasrec_preset(o_.recipe)) follow(*p);
        if (const Recipe* const r = find_recipe(o_.recipe)) follow(*r);
        if (o_.loss == "own") follow_own_loss();
        if (o_.recipe == "s3rec") default_to("--seen", o_.seen, "zeroed");
        if (o_.unisrec()) follow_unisrec();
        if (o_.tiger()) follow_tiger();
        o_.hidden = o_.feed_forward();
        const bool plain = o_.coco.empty() && o_.llm.empty();
        if (o_.items == "text") o_.items = "semantic";
        if (o_.coco.empty()) o_.coco = o_.llm.empty() || o_.model == "pop" ? "off" : "full";
        if (o_.joint_epochs < 0) o_.joint_epochs = plain || o_.coco == "channel" ? 0 : 3;
        coco::require(o_.coco != "channel" || o_.joint_epochs == 0, "--joint-epochs",
                      "nothing of the frozen channel is trained", "0");
        coco::require(!o_.asks() || !o_.llm.empty(), "--coco " + o_.coco, "needs a language model",
                      "--llm FILE.gguf or --llm tiny");
        coco::require(!o_.semantic() || !o_.llm.empty() || !o_.llm_vectors(),
                      o_.maps_text() ? "--items " + o_.items : "--coco " + o_.coco, "needs text vectors",
                      "--item-vectors FILE.npy, --text-encoder FOLDER, or a language model's by --llm");
        for (const char* const option : {"--item-vectors", "--text-encoder"})
            coco::require(o_.reads_texts() || app_.count(option) == 0, option, "of no use",
                          "--items semantic, --coco channel, --model unisrec, or tiger without --ids");
        coco::require(o_.text_encoder.empty() || o_.item_vectors.empty(), "--text-encoder",
                      "text vectors are given already", "one of --text-encoder and --item-vectors");
        coco::require(o_.items != "semantic" || o_.coco != "paper", "--coco paper", "has no semantic items",
                      "--items table");
        const bool several = o_.text_layer.size() * o_.shrink.size() > 1;
        coco::require(!several || (!o_.stage1.empty() && o_.items == "table"),
                      "--text-layer, --shrink: several values",
                      "validation chooses among them over a finished stage 1 that does not read them",
                      "--stage1 FILE and --items table");
        coco::require(o_.llm_vectors() || o_.text_layer.size() == 1, "--text-layer",
                      "the vectors of --item-vectors and --text-encoder have no layers", "one value");
        coco::require(o_.text_encoder.empty() || !given("--text-layer"), "--text-layer",
                      "an encoder's vectors have no layers", "a language model's by --llm");
        const bool has_words = !o_.llm.empty() || !o_.text_encoder.empty();
        coco::require(!o_.learn_columns || (o_.semantic() && has_words && !several), "--learn-columns",
                      "learns one set of semantic columns, from the words of a model's tokenizer",
                      "--llm or --text-encoder, one --text-layer and --shrink, and --coco channel or another "
                      "that has them");
        for (const char* const option : {"--shared-negatives", "--drawn-from", "--log-q"})
            coco::require(app_.count(option) == 0 || o_.loss == "sampled", option, "of no use",
                          "--loss sampled");
        coco::require(app_.count("--loss-temperature") == 0 || o_.loss == "sampled" ||
                          o_.loss == "info_nce" || o_.unisrec(),
                      "--loss-temperature", "of no use", "--loss sampled or info_nce, or --model unisrec");
        coco::require(o_.label_smoothing == 0 || o_.loss == "ce", "--label-smoothing", "of no use",
                      "--loss ce");
        coco::require(o_.folds == 1 || o_.learn_columns, "--folds", "of no use", "--learn-columns");
        refuse_options_of_other_backbones();
        coco::require(o_.correct_texts == 0 || (o_.learn_columns && o_.folds == 1), "--correct-texts",
                      "of no use", "--learn-columns, without --folds");
        coco::require(o_.correct_texts == 0 || o_.loss == "ce", "--correct-texts",
                      "needs a loss over all items", "--loss ce");
        coco::require(o_.correct_texts == 0 || !given("--text-layer"), "--text-layer",
                      "--correct-texts takes the last layer that is used", "--llm-layers");
        coco::require(o_.correct_texts == 0 || o_.text_encoder.empty(), "--correct-texts",
                      "corrects a language model, not an encoder", "no --text-encoder");
        coco::require(o_.correct_texts > 0 || !given("--correction-rate"), "--correction-rate", "of no use",
                      "--correct-texts");
        coco::require(!o_.centred || o_.coco == "paper", "--centred",
                      "others compare users less their mean always", "--coco paper");
        coco::require(!o_.tower() || !o_.asks(), "--items " + o_.items,
                      "is for backbones and the channel alone", "--coco off or channel");
        coco::require(o_.fusion == "semantic" || (o_.asks() && o_.coco != "paper" && o_.items == "table"),
                      "--fusion behaviour", "of no use", "--coco full, soft, dec or con, and --items table");
        coco::require(!o_.pretrains() || o_.joint_epochs == 0 || !o_.stage1.empty(), "--backbone s3rec",
                      "stage 2 goes on from what was pre-trained and kept",
                      "--stage1 FILE, or --pretrain-epochs 0");
        coco::require(o_.pretrained.empty() || o_.pretrain_epochs > 0, "--pretrained", "of no use",
                      "--pretrain-epochs above 0");
        coco::require(!o_.pretrains() || !o_.unseen, "--unseen", "has no stage of pre-training",
                      "--pretrain-epochs 0");
        coco::require(!o_.unseen || o_.asks(), "--unseen", "is of what a language model says", "--llm");
        coco::require(!o_.shuffle_text || o_.item_vectors.empty(), "--shuffle-text",
                      "does not reach the vectors of --item-vectors");
        return o_;
    }

private:
    template <class T>
    CLI::Option* add(const std::string& name, T& value, const std::string& help) {
        return app_.add_option(name, value, help)->capture_default_str();
    }
    void choice(const std::string& name, std::string& value, const std::string& help,
                const std::vector<std::string>& words) {
        add(name, value, help)->check(CLI::IsMember(words));
    }
    template <class T>
    void number(const std::string& name, T& value, const std::string& help, double least,
                double maximum = 1e9) {
        add(name, value, help)->check(CLI::Range(least, maximum));
    }
    template <class T, class U>
    void default_to(const std::string& name, T& value, const U& other) {
        if (app_.count(name) == 0) value = static_cast<T>(other);
    }
    /// The settings of a preset, except those given beside it.
    void follow(const coco::SASRecPreset& p) {
        const bool original = p.form == coco::backbone::SASRecForm::original;
        default_to("--block", o_.block, original ? "original" : "s3rec");
        default_to("--width", o_.width, p.width);
        default_to("--layers", o_.layers, p.layers);
        default_to("--heads", o_.heads, p.heads);
        default_to("--dropout", o_.dropout, p.dropout);
        default_to("--loss", o_.loss, p.loss == std::string_view(coco::loss::Bce::name) ? "bce" : "ce");
        default_to("--samples", o_.samples, p.samples == coco::Samples::positions ? "positions" : "prefixes");
        default_to("--negatives", o_.negatives,
                   p.negatives == coco::NegativesFrom::all_leaking ? "all" : "train");
        default_to("--rate", o_.rate, p.rate);
        default_to("--batch", o_.batch, p.batch);
        default_to("--epochs", o_.epochs, p.epochs);
        default_to("--patience", o_.patience, p.patience);
    }

    static std::vector<std::string> recipe_names() {
        std::vector<std::string> names;
        for (const coco::SASRecPreset& p : coco::sasrec_presets) names.emplace_back(p.name);
        for (const Recipe& r : recipes()) names.emplace_back(r.name);
        return names;
    }
    /// \throws Error where the backbone is given, and another one
    void follow(const Recipe& r) {
        for (const auto& [name, value] : r.settings)
            if (CLI::Option* const option = app_.get_option(name); option->count() == 0) {
                option->add_result(value);
                option->run_callback();
                of_recipe_.insert(name);
            }
        coco::require(o_.backbone == r.name, "--recipe " + o_.recipe, "of another backbone",
                      "--backbone " + std::string(r.name), o_.backbone);
    }
    /// Whether the command line has it; what a recipe sets is not.
    bool given(const std::string& option) const {
        return app_.count(option) > 0 && !of_recipe_.contains(option);
    }
    /// \throws Error naming an option that the backbone, or its samples, would not read
    void refuse_options_of_other_backbones() const {
        const auto only_with = [&](bool used, const char* cure, std::initializer_list<const char*> options) {
            for (const char* const option : options)
                coco::require(used || !given(option), option, "of no use", cure);
        };
        const auto is = [&](const char* backbone) { return o_.backbone == backbone; };
        only_with(is("sasrec"), "--backbone sasrec", {"--block"});
        only_with(is("bsarec"), "--backbone bsarec", {"--filter-share", "--cutoff", "--transform-over"});
        only_with(is("fdsa"), "--backbone fdsa", {"--features"});
        only_with(is("fdsa") || is("s3rec"), "--backbone fdsa or s3rec", {"--feature-items"});
        only_with(is("s3rec"), "--backbone s3rec", {"--pretrain-samples", "--pretrained"});
        only_with(is("s3rec") || o_.unisrec(), "--backbone s3rec or --model unisrec", {"--pretrain-epochs"});
        only_with(o_.unisrec(), "--model unisrec",
                  {"--transductive", "--experts", "--text-dropout", "--no-gate-noise", "--whiten",
                   "--short-vectors", "--view-weight", "--train-encoder"});
        only_with(o_.tiger(), "--model tiger", {"--ids", "--id-codes", "--beam", "--head-width"});
        const bool cloze = o_.samples == "cloze" || (o_.samples.empty() && is("bert4rec"));
        only_with(cloze, "--samples cloze", {"--masked", "--only-last"});
        only_with(!cloze, "--samples prefixes or positions", {"--future"});
    }
    /// UniSRec's sizes, which the options given beside it change.
    /// \throws Error where an option asks for another model, or there are no texts
    void follow_unisrec() {
        default_to("--width", o_.width, 300);
        default_to("--hidden", o_.hidden, 256);
        default_to("--pretrain-epochs", o_.pretrain_epochs, 0);
        default_to("--loss-temperature", o_.loss_temperature, 0.07);
        follow_baseline();
        coco::require(o_.pretrain_epochs > 0 || !given("--view-weight"), "--view-weight", "of no use",
                      "--pretrain-epochs N");
        coco::require(o_.pretrain_epochs > 0 || o_.short_vectors.empty(), "--short-vectors", "of no use",
                      "--pretrain-epochs N");
        coco::require(o_.pretrain_epochs > 0 || !o_.train_encoder, "--train-encoder",
                      "without pre-training it is trained always", "--pretrain-epochs N");
    }
    /// TIGER's sizes, a half or a quarter of the paper's, which the options given beside it change.
    /// \throws Error as `follow_unisrec`
    void follow_tiger() {
        default_to("--heads", o_.heads, 4);
        default_to("--hidden", o_.hidden, 256);
        default_to("--window", o_.window, 20);
        default_to("--dropout", o_.dropout, 0.1);
        default_to("--columns", o_.columns, 32);
        default_to("--head-width", o_.head, std::max<Index>(1, o_.width / o_.heads));
        follow_baseline();
        coco::require(!given("--attention-dropout"), "--attention-dropout", "of no use",
                      "--dropout, TIGER's everywhere");
        coco::require(o_.ids.empty() || !given("--id-codes"), "--id-codes", "the ids are made already",
                      "one of --ids and --id-codes");
        coco::require(o_.samples.empty() || o_.samples == "prefixes", "--samples " + o_.samples,
                      "the encoder would read the targets", "--samples prefixes");
        o_.samples = "prefixes";
    }
    /// \throws Error where an option asks for a pipeline, or there are no texts
    void follow_baseline() {
        o_.coco = "off";
        o_.joint_epochs = 0;
        coco::require(!o_.reads_texts() || !o_.llm_vectors() || !o_.llm.empty(), "--model " + o_.model,
                      "needs text vectors",
                      "--item-vectors FILE.npy, --text-encoder FOLDER, or a language model's by --llm");
        for (const char* const option : {"--backbone", "--block", "--items", "--loss", "--label-smoothing",
                                         "--coco", "--stage1", "--joint-epochs"})
            coco::require(!given(option), option, "of no use", "--model pipeline");
        coco::require(o_.text_layer.size() == 1 && o_.shrink.size() == 1,
                      "--text-layer, --shrink: several values", "of one set of text vectors", "one value");
    }
    /// The loss that a backbone was published with.
    void follow_own_loss() {
        const std::string& b = o_.backbone;
        o_.loss = b == "pinnerformer" ? "sampled" : b == "bsarec" || b == "bert4rec" ? "ce" : "bce";
        if (b == "pinnerformer") default_to("--log-q", o_.log_q, "all");
    }

    void data() {
        const auto group = app_.add_option(
            "--data", o_.data, "folder of a data set, \"ml-100k\" (in the cache) or \"synthetic\"");
        group->required();
        add("--column-names", o_.column_names,
            "columns of tables and .inter files that have other names than the usual ones: "
            "user=who,item=what,time=when (also rating, title, brand, categories, year, genres)");
        choice(
            "--samples", o_.samples,
            "what a training sample is: each prefix, all positions of a window in one pass, or a window in "
            "which items are masked (bert4rec) [default: as the backbone needs; where it leaves a choice, "
            "prefixes where they pack under 12 times the rows]",
            {"prefixes", "positions", "cloze"});
        number("--masked", o_.masked, "share of a window's items that are masked (cloze)", 1e-6, 1);
        number("--only-last", o_.only_last,
               "share of windows in which the newest item alone is masked (cloze)", 0, 1);
        number("--future", o_.future,
               "a target is drawn from that many next items (prefixes, positions); 1: the next item", 1);
        choice("--positions", o_.positions, "positions counted from the most recent item or from the oldest",
               {"recent", "oldest"});
        app_.add_flag("--shuffle-text", o_.shuffle_text,
                      "deals the items' texts out anew: what a model still gains it did not read");
    }
    void model() {
        choice(
            "--model", o_.model,
            "a backbone, with the parts of CoCo or without; \"pop\" evaluates popularity alone; \"unisrec\" "
            "makes item vectors of texts by a mixture of experts (docs/baselines/unisrec.md), \"tiger\" "
            "generates the next item's semantic id (docs/baselines/tiger.md)",
            {"pipeline", "pop", "unisrec", "tiger"});
        choice("--backbone", o_.backbone, "sequence model",
               {"sasrec", "bsarec", "bert4rec", "fdsa", "s3rec", "pinnerformer"});
        choice("--block", o_.block,
               "SASRec's layers: S3-Rec's (post-norm), or the original ones (norm on the query, ReLU)",
               {"s3rec", "original"});
        choice("--loss", o_.loss,
               "full-softmax cross-entropy; BCE with a sampled negative; softmax over negatives that a batch "
               "shares; InfoNCE among the batch's targets; or the one the backbone was published with",
               {"ce", "bce", "sampled", "info_nce", "own"});
        choice("--items", o_.items,
               "item vectors: a table, a table plus a linear map of semantic columns (the items' texts, "
               "whitened; \"text\" means the same), or a small network over one of the two, of length 1",
               {"table", "semantic", "text", "tower", "semantic-tower"});
        app_.add_option("--text-layer", o_.text_layer,
                        "semantic columns are made of the language model's rows after this layer; 0: token "
                        "embeddings; -1: the first layer of its second half; of several (0,16) validation "
                        "chooses, which needs --stage1")
            ->delimiter(',')
            ->check(CLI::Range(-1.0, 1e9))
            ->capture_default_str();
        number("--columns", o_.columns, "semantic columns, at most", 1);
        app_.add_flag(
            "--learn-columns", o_.learn_columns,
            "learns the semantic columns further, from each user's newest train item, which a "
            "behaviour of their own has not fitted; with --stage1 FILE that is kept at FILE-columns");
        app_.add_flag(
            "--unseen", o_.unseen,
            "knowledge learns from each user's newest train item, beside a behaviour that was fitted on the "
            "others and is fixed; then behaviour goes on with all items");
        number("--columns-rate", o_.columns_rate, "learning rate of the columns", 0);
        number(
            "--folds", o_.folds,
            "of users, for --learn-columns: 1: each user's newest train item is held back; more: all train "
            "targets, each fold's beside a behaviour fitted on the other folds (cross-fitting)",
            1, 100);
        number("--correct-texts", o_.correct_texts,
               "corrections of the language model by the items held back, through the texts of all items, "
               "after their columns have been learned",
               0);
        number("--correction-rate", o_.correction_rate, "learning rate of a correction", 0);
        app_.add_option("--shrink", o_.shrink,
                        "of semantic columns: added to each variance, relative to the largest; of several "
                        "(.001,.1) validation chooses, which needs --stage1")
            ->delimiter(',')
            ->check(CLI::Range(1e-12, 1e9))
            ->capture_default_str();
        app_.add_option("--lambda", o_.lambda,
                        "weight of the semantic columns at first [default: chosen by validation]")
            ->check(CLI::Range(0.0, 1e9));
        app_.add_flag("--no-gate", o_.no_gate,
                      "semantic columns weigh the same for rare and frequent items: no gate by popularity");
        add("--item-vectors", o_.item_vectors,
            "text vectors, items x width in the catalogue's order (.npy, float32) "
            "[default: those of --llm, see --text-layer]")
            ->check(CLI::ExistingFile);
        add("--text-encoder", o_.text_encoder,
            "folder of a text encoder (bert: config.json, model.safetensors, tokenizer), whose vectors of "
            "the "
            "items' lines make the semantic columns")
            ->check(CLI::ExistingDirectory);
        number("--width", o_.width, "of vectors", 1);
        number("--layers", o_.layers, "of the backbone", 1);
        number("--heads", o_.heads, "of its attention", 1);
        number("--hidden", o_.hidden,
               "of its feed-forward [default: 4 times the width; the width with --block original]", 1);
        number("--window", o_.window, "items of a history that the backbone sees", 1);
        number("--dropout", o_.dropout, "in the backbone", 0, 0.99);
        app_.add_option("--attention-dropout", o_.attention_dropout,
                        "of its attention's weights [default: as --dropout]")
            ->check(CLI::Range(0.0, 0.99));
        app_.add_option("--features", o_.features, "of items, that FDSA reads")
            ->delimiter(',')
            ->check(CLI::IsMember({"brand", "categories", "genres", "year", "title_words"}))
            ->capture_default_str();
        number("--feature-items", o_.feature_items,
               "values of features, and of S3-Rec's attributes, that fewer items have are left out", 1);
        number("--pretrain-epochs", o_.pretrain_epochs,
               "of S3-Rec's pre-training, or UniSRec's [default: 20, 0]", 0);
        choice("--pretrain-samples", o_.pretrain_samples,
               "of an epoch of it: one prefix of each user, or every prefix of all", {"user", "prefixes"});
        number("--filter-share", o_.filter_share, "of BSARec's filter; the rest is its attention's", 0, 1);
        number("--cutoff", o_.cutoff, "of BSARec's filter: the lowest cutoff / 2 + 1 coefficients are low",
               0);
        choice("--transform-over", o_.transform_over,
               "what BSARec's filter transforms: a history's own rows, or the window with zeros before them",
               {"segment", "window"});
    }
    void unisrec() {
        app_.add_flag("--transductive", o_.transductive, "UniSRec: a learned vector of each item on top");
        number("--experts", o_.experts, "of UniSRec's adaptor", 1, 16);
        number("--text-dropout", o_.text_dropout, "of the text vectors in it", 0, 0.99);
        app_.add_flag("--no-gate-noise", o_.no_gate_noise, "its gate has no noise in training");
        app_.add_flag(
            "--whiten", o_.whiten,
            "it reads --columns whitened columns (--shrink) instead of the text vectors as they are");
        add("--short-vectors", o_.short_vectors,
            "text vectors of texts with words left out, for the views of UniSRec's pre-training (.npy)")
            ->check(CLI::ExistingFile);
        number("--view-weight", o_.view_weight, "of the contrast of views in UniSRec's pre-training", 0);
        app_.add_flag("--train-encoder", o_.train_encoder,
                      "UniSRec's fine-tuning trains the pre-trained encoder too, and not the adaptor alone");
    }
    void tiger() {
        add("--ids", o_.ids,
            "semantic ids that TIGER generates, a file of the program semantic_ids [default: by residual "
            "k-means of --columns whitened columns of the text vectors]")
            ->check(CLI::ExistingFile);
        app_.add_option("--id-codes", o_.id_codes, "codes of each level of ids that are made here")
            ->delimiter(',')
            ->capture_default_str();
        number("--beam", o_.beam, "prefixes of ids that TIGER's search keeps; 0: it ranks every item", 0);
        app_.add_option("--head-width", o_.head, "of a head of TIGER's [default: the width over the heads]")
            ->check(CLI::PositiveNumber);
    }
    void coco() {
        choice(
            "--coco", o_.coco,
            "full: knowledge in semantic columns of users and items; soft: the same prompts for all; dec: no "
            "decoupler; con: no adapter; channel: the semantic columns of the history alone, nothing trained "
            "but their weight chosen; paper: full, but in the vectors' own columns; aux: no language model "
            "but "
            "L_aux; off: no language model [default: full with --llm, else off]",
            {"full", "soft", "dec", "con", "channel", "paper", "aux", "off"});
        choice(
            "--fusion", o_.fusion,
            "where full, soft, dec and con add knowledge: in the semantic columns of users and items, or in "
            "behaviour's own (for targets without text)",
            {"semantic", "behaviour"});
        add("--llm", o_.llm, "language model: FILE.gguf, or \"tiny\" (random, over the catalogue's words)");
        number("--llm-layers", o_.llm_layers, "first layers of it that are used, then the final norm; 0: all",
               0);
        choice(
            "--llm-storage", o_.llm_storage,
            "of its weights: float, bf16 (half the memory, and faster where the processor multiplies it), or "
            "stored (as the file has them)",
            {"float", "bf16", "stored"});
        number("--text-tokens", o_.text_tokens, "tokens of a user's text at most, the instruction apart", 1);
        add("--item-line", o_.item_line,
            "what the text tells of an item: {title}, {brand}, {category}, {categories}, {year}, {genres}; a "
            "part in [ ] only where all in it is known");
        number("--codes", o_.codes, "prompts in the codebook", 2);
        number("--theta", o_.theta, "cosine above which a code is chosen", -1, 1);
        app_.add_flag("--centred", o_.centred, "compare users with codes less their common mean");
        number("--adapter-rank", o_.adapter_rank, "of LoRA", 1);
        app_.add_option("--adapter-on", o_.adapter_on, "what LoRA changes in each layer")
            ->delimiter(',')
            ->check(CLI::IsMember({"query", "key", "value", "output", "gate", "up", "down"}))
            ->capture_default_str();
        number("--alpha", o_.alpha, "weight of L_aux", 0);
        number("--beta", o_.beta, "weight of L_ortho", 0);
        number("--gamma", o_.gamma, "weight of L_Q", 0);
        choice("--aux-on", o_.aux_on, "rows that L_aux compares with items", {"behaviour", "aligned"});
    }
    void training() {
        choice(
            "--recipe", o_.recipe,
            "published settings; options given beside it win. sasrec-ce: the public log of SASRec with "
            "cross-entropy; sasrec-ce-fast: twice its rate, a third of its time; s3rec: BCE, negatives that "
            "exclude held-out items too (a leak), seen items scored 0: for comparison with published numbers "
            "only; the others are of the backbone of that name (docs/recipes.md)",
            recipe_names());
        number("--epochs", o_.epochs, "of stage 1 at most", 0);
        number("--patience", o_.patience, "epochs of stage 1 without a better validation N@10", 1);
        number("--joint-epochs", o_.joint_epochs,
               "of stage 2 at most (off, aux: the base trains on for as many) [default: 3, or 0 with neither "
               "--coco nor --llm]",
               0);
        number("--joint-patience", o_.joint_patience, "epochs of stage 2 without a better validation N@10",
               1);
        app_.add_option("--seeds", o_.seeds, "seeds, a run each: 1,2,3")
            ->delimiter(',')
            ->capture_default_str();
        number("--batch", o_.batch, "samples a step of stage 1", 1);
        number("--joint-batch", o_.joint_batch, "users a step of stage 2", 1);
        number("--joint-targets", o_.joint_targets, "targets a user's knowledge trains (prefixes)", 1, 64);
        number("--rate", o_.rate, "learning rate of stage 1", 0);
        number("--joint-rate", o_.joint_rate, "of backbone and items in stage 2", 0);
        number("--knowledge-rate", o_.knowledge_rate, "of prompts, decoupler, aligner", 0);
        number("--adapter-rate", o_.adapter_rate, "of LoRA", 0);
        number("--beta2", o_.beta2, "of AdamW", 0, 1);
        number("--decay", o_.decay, "of AdamW, of weight matrices; not of item vectors, norms and biases", 0,
               100);
        choice("--negatives", o_.negatives,
               "items a negative may not be: the user's train items, or all (a leak)", {"train", "all"});
        number("--shared-negatives", o_.shared_negatives, "that a batch shares, with --loss sampled", 1,
               1 << 20);
        choice("--drawn-from", o_.drawn_from, "what they are drawn from",
               {"uniform", "popularity", "in_batch"});
        choice("--log-q", o_.log_q, "scores that are corrected by how often an item is drawn",
               {"none", "negatives", "all"});
        app_.add_option("--loss-temperature", o_.loss_temperature,
                        "by which --loss sampled and info_nce divide scores [default: 1, and .1 of cosines]")
            ->check(CLI::Range(1e-6, 1000.0));
        number("--label-smoothing", o_.label_smoothing,
               "share of a target's probability that --loss ce spreads over all items", 0, 0.99);
        choice("--seen", o_.seen,
               "what the headline's ranking does with items a user has had; the report has all three",
               {"excluded", "zeroed", "included"});
        number("--valid-users", o_.valid_users,
               "validation users, at most, after a joint epoch or one of TIGER's", 1);
    }
    void program() {
        choice("--device", o_.device, "where it computes: host, or cuda, a GPU", {"host", "cuda"});
        number("--threads", o_.threads, "0: all the machine has; no result depends on it", 0);
        add("--save", o_.save,
            "checkpoint, written after each epoch and on Ctrl-C (several seeds: NAME-SEED)");
        add("--resume", o_.resume,
            "goes on from a checkpoint; where it is --save's own and not there yet, from the beginning");
        add("--pretrained", o_.pretrained,
            "takes S3-Rec's pre-training from this checkpoint, or trains it and puts it there: runs of a "
            "seed "
            "with other losses, samples and rates share it");
        add("--stage1", o_.stage1,
            "takes stage 1 from this checkpoint, or trains it and puts it there: variants of a seed share "
            "it");
        add("--report", o_.report, "JSON");
        add("--per-user", o_.per_user, "each user's test N@10 (tab-separated, a column a seed)");
        app_.add_flag("--quiet", o_.quiet, "no progress");
    }

    CLI::App app_;
    Options o_;
    std::set<std::string> of_recipe_;  ///< options that the recipe has set
};

Json settings_of(const Options& o) {
    return {{"data", o.data},
            {"model", o.model},
            {"backbone", o.backbone},
            {"block", o.block},
            {"recipe", o.recipe},
            {"loss", o.loss},
            {"shared_negatives", o.shared_negatives},
            {"drawn_from", o.drawn_from},
            {"log_q", o.log_q},
            {"loss_temperature", o.loss_temperature},
            {"label_smoothing", o.label_smoothing},
            {"samples", o.samples},
            {"positions", o.positions},
            {"items", o.items},
            {"item_vectors", o.item_vectors},
            {"text_encoder", o.text_encoder},
            {"text_layer", o.text_layer},
            {"columns", o.columns},
            {"shrink", o.shrink},
            {"lambda", o.lambda},
            {"learn_columns", o.learn_columns},
            {"unseen", o.unseen},
            {"columns_rate", o.columns_rate},
            {"folds", o.folds},
            {"correct_texts", o.correct_texts},
            {"correction_rate", o.correction_rate},
            {"gate", !o.no_gate},
            {"shuffle_text", o.shuffle_text},
            {"coco", o.coco},
            {"fusion", o.fusion},
            {"llm", o.llm},
            {"llm_layers", o.llm_layers},
            {"llm_storage", o.llm_storage},
            {"text_tokens", o.text_tokens},
            {"item_line", o.item_line},
            {"codes", o.codes},
            {"theta", o.theta},
            {"centred", o.centred},
            {"adapter_rank", o.adapter_rank},
            {"adapter_on", o.adapter_on},
            {"alpha", o.alpha},
            {"beta", o.beta},
            {"gamma", o.gamma},
            {"aux_on", o.aux_on},
            {"width", o.width},
            {"layers", o.layers},
            {"heads", o.heads},
            {"hidden", o.hidden},
            {"window", o.window},
            {"dropout", o.dropout},
            {"attention_dropout", o.attention_dropout},
            {"features", o.features},
            {"feature_items", o.feature_items},
            {"pretrain_epochs", o.pretrain_epochs},
            {"pretrain_samples", o.pretrain_samples},
            {"transductive", o.transductive},
            {"experts", o.experts},
            {"text_dropout", o.text_dropout},
            {"gate_noise", !o.no_gate_noise},
            {"whiten", o.whiten},
            {"short_vectors", o.short_vectors},
            {"view_weight", o.view_weight},
            {"ids", o.ids},
            {"id_codes", o.id_codes},
            {"beam", o.beam},
            {"head_width", o.head},
            {"train_encoder", o.train_encoder},
            {"filter_share", o.filter_share},
            {"cutoff", o.cutoff},
            {"transform_over", o.transform_over},
            {"masked", o.masked},
            {"only_last", o.only_last},
            {"future", o.future},
            {"epochs", o.epochs},
            {"patience", o.patience},
            {"joint_epochs", o.joint_epochs},
            {"joint_patience", o.joint_patience},
            {"seeds", o.seeds},
            {"batch", o.batch},
            {"joint_batch", o.joint_batch},
            {"joint_targets", o.joint_targets},
            {"rate", o.rate},
            {"joint_rate", o.joint_rate},
            {"knowledge_rate", o.knowledge_rate},
            {"adapter_rate", o.adapter_rate},
            {"beta2", o.beta2},
            {"decay", o.decay},
            {"negatives", o.negatives},
            {"seen", o.seen},
            {"valid_users", o.valid_users},
            {"device", o.device},
            {"threads", o.threads}};
}

/// The file of one seed: NAME-SEED.ext if there are several seeds.
std::string of_seed(const std::string& file, std::uint64_t seed, bool several) {
    if (file.empty() || !several) return file;
    const std::filesystem::path path(file);
    const std::string name = coco::text_of(path.stem().string(), "-", seed, path.extension().string());
    return (path.parent_path() / name).string();
}

void write(const std::string& path, const std::string& text) {
    coco::io::AtomicFile file(path);
    file.write(std::as_bytes(std::span(text)));
    file.commit();
}

coco::Metrics popularity(const coco::data::Split& split, const coco::data::Cases& cases, Index items) {
    const coco::baseline::Popularity popular(split.train, items);
    coco::Metrics metrics;
    for (Index i = 0; i < cases.size(); ++i) metrics.add(popular.rank_of(cases[i].history, cases[i].target));
    return metrics;
}

std::string per_user(const coco::data::Dataset& data, const coco::data::Cases& cases,
                     const std::vector<Result>& results) {
    std::string text = "user";
    for (const Result& r : results) text += coco::text_of("\tseed ", r.seed);
    std::vector<std::vector<double>> gains;
    for (const Result& r : results) gains.push_back(r.test.gains(10));
    for (Index i = 0; i < cases.size(); ++i) {
        const std::string& key = data.users[cases[i].user];
        const bool plain = std::none_of(key.begin(), key.end(), [](char c) { return c >= 0 && c < ' '; });
        text += "\n" + (plain ? key : coco::data::in_quotes(key, key.size()));
        for (const auto& g : gains) text += coco::text_of("\t", g[static_cast<std::size_t>(i)]);
    }
    return text + "\n";
}

/// \throws Error where a file could not be written in its folder: before hours of training, not after them
void require_writable(const std::string& option, const std::string& file) {
    if (file.empty()) return;
    const std::filesystem::path parent = std::filesystem::path(file).parent_path();
    const std::string folder = parent.empty() ? "." : parent.string();
    coco::require(std::filesystem::is_directory(folder), option + " " + file, "no such folder", {}, folder);
    coco::require(::access(folder.c_str(), W_OK | X_OK) == 0, option + " " + file,
                  "the folder cannot be written to", {}, folder);
    coco::require(!std::filesystem::is_directory(file), option + " " + file, "is a folder", "a file");
}

/// Runs one seed. \param language, encoder  null if none is needed
Result run_seed(const Options& o, const coco::data::Dataset& data, const coco::data::Split& split,
                const coco::llm::TextModel* language, const coco::llm::TextEncoder* encoder,
                std::uint64_t seed) {
    const bool several = o.seeds.size() > 1;
    const coco::data::Catalogue catalogue =
        o.shuffle_text ? shuffled_texts(data.catalogue, seed) : data.catalogue;
    const std::vector<SemanticColumns> semantic =
        o.unisrec()       ? adaptor_inputs(o, catalogue, language, encoder)
        : o.reads_texts() ? semantic_columns(o, catalogue, language, encoder)
                          : std::vector<SemanticColumns>(1);
    Job job{o,
            catalogue,
            data.interactions,
            split,
            language,
            semantic,
            &semantic.front(),
            seed,
            of_seed(o.save, seed, several),
            of_seed(o.resume, seed, several),
            of_seed(o.pretrained, seed, several),
            of_seed(o.stage1, seed, several)};
    if (job.resume == job.save && !std::filesystem::exists(job.save)) job.resume.clear();
    const bool cuda = o.device == "cuda";
    if (o.tiger()) return cuda ? run_tiger_on_cuda(job) : run_tiger(job);
    if (o.unisrec()) return cuda ? run_unisrec_on_cuda(job) : run_unisrec(job);
    if (o.semantic()) return cuda ? run_semantic_on_cuda(job) : run_semantic(job);
    return cuda ? run_table_on_cuda(job) : run_table(job);
}

int run_all(Options o) {
    require_writable("--save", o.save);
    require_writable("--pretrained", o.pretrained);
    require_writable("--stage1", o.stage1);
    require_writable("--report", o.report);
    require_writable("--per-user", o.per_user);
    const coco::data::Dataset data = open_data(o.data, o.column_names);
    const coco::data::Split split = coco::data::leave_one_out(data.interactions);
    coco::require(split.test.size() > 0, o.data, "nobody to be evaluated", "users with 3 items and more");
    if (o.samples.empty())
        o.samples = o.backbone == "bert4rec" ? "cloze"
                    : o.backbone == "bsarec" ? "prefixes"
                                             : samples_for(split.train, o.window);
    const Index items = data.catalogue.size();
    const coco::Metrics popular = popularity(split, split.test, items);
    Json about{{"users", data.interactions.users()},
               {"items", items},
               {"interactions", data.interactions.size()},
               {"test_users", split.test.size()},
               {"notes", Json::array()}};
    for (const coco::data::Note& note : data.notes) about["notes"].push_back(note.text());
    std::cout << o.data << ": " << about["users"] << " users, " << about["items"] << " items, "
              << about["interactions"] << " interactions\n";

    std::vector<Result> results;
    std::string name = "PopRec";
    if (o.model == "pop") {
        Result r;
        r.test = popular;
        r.valid = popularity(split, split.valid, items);
        o.seeds = {0};
        o.joint_epochs = 0;
        results.push_back(std::move(r));
    } else {
        name = o.unisrec() ? std::string("unisrec") + (o.transductive ? ", transductive" : ", inductive")
               : o.tiger()
                   ? "tiger"
                   : o.backbone + (o.items == "table" ? "" : " with " + o.items + " items") + ", " + o.coco;
        std::optional<coco::llm::TextModel> language;
        std::optional<coco::llm::TextEncoder> encoder;
        if (!o.text_encoder.empty()) encoder = coco::llm::open_text_encoder(o.text_encoder);
        if (o.asks() || (o.reads_texts() && !encoder && (o.item_vectors.empty() || o.learn_columns)))
            language = open_language(o, data.catalogue);
        if (language) about["language_model"] = language->digest;
        if (encoder) about["text_encoder"] = encoder->digest;
        catch_interrupts();
        for (const std::uint64_t seed : o.seeds) {
            results.push_back(run_seed(o, data, split, language ? &*language : nullptr,
                                       encoder ? &*encoder : nullptr, seed));
            if (!results.back().stopped) continue;
            std::cerr << "\nstopped" << (o.save.empty() ? "" : "; go on with --resume " + o.save) << '\n';
            return 130;
        }
    }
    Json report = report_of(settings_of(o), about, popular, results);
    report["groups"] = groups_of(split, items, results);
    print_table(std::cout, report, name);
    if (!o.report.empty()) write(o.report, report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    if (!o.per_user.empty()) write(o.per_user, per_user(data, split.test, results));
    return 0;
}

}  // namespace
}  // namespace experiment

int main(int argc, char** argv) {
    experiment::CommandLine line;
    CLI11_PARSE(line.app(), argc, argv);
    try {
        return experiment::run_all(line.finished());
    } catch (const std::exception& problem) {
        std::cerr << "experiment: " << problem.what() << '\n';
        return 1;
    }
}
