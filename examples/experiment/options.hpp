// SPDX-License-Identifier: Apache-2.0
/// \file
/// The settings of a run of `experiment`, as plain numbers and strings: `experiment.cpp` reads them from the
/// command line, the rest of the program uses them.
#pragma once

#include <string>
#include <vector>

#include <coco/core/types.hpp>
#include <coco/data/item_text.hpp>

namespace experiment {

using coco::Id;
using coco::Index;

/// All settings of the command line; an empty string or -1 means that it follows from the other settings.
struct Options {
    std::string data, column_names, model = "pipeline", backbone = "sasrec", block = "s3rec", recipe;
    std::string loss = "ce", samples, items = "table", positions = "recent", item_vectors, text_encoder;
    bool shuffle_text = false;
    std::vector<Index> text_layer{0};
    Index columns = 256;
    std::vector<double> shrink{1e-3};
    double lambda = -1;
    bool no_gate = false, learn_columns = false, unseen = false;
    double columns_rate = 1e-3;
    Index folds = 1, correct_texts = 0;
    double correction_rate = 1e-3;

    std::string coco, llm, fusion = "semantic";
    std::string item_line = coco::data::ItemLine::usual;
    std::string llm_storage = "float";
    Index llm_layers = 0, text_tokens = 128;
    Index codes = 64;
    double theta = 0.45, alpha = 0.2, beta = 0.15, gamma = 0.25;
    bool centred = false;
    Index adapter_rank = 8;
    std::vector<std::string> adapter_on{"query", "value"};
    std::string aux_on = "behaviour";

    Index epochs = 200, patience = 10, joint_epochs = -1, joint_patience = 2, valid_users = 2000;
    Index batch = 256, joint_batch = 16, joint_targets = 4;
    double rate = 1e-3, joint_rate = 1e-4, knowledge_rate = 1e-3, adapter_rate = 2e-4, beta2 = 0.999,
           decay = 0;
    Index width = 64, layers = 2, heads = 2, hidden = -1, window = 50;
    double dropout = 0.5, attention_dropout = -1;
    double filter_share = 0.7;
    Index cutoff = 5;
    std::string transform_over = "segment";
    std::vector<std::string> features{"categories", "brand"};
    Index feature_items = 1;
    Index pretrain_epochs = 20;
    std::string pretrain_samples = "user";
    bool transductive = false, train_encoder = false, no_gate_noise = false, whiten = false;
    Index experts = 8;
    double text_dropout = 0.2, view_weight = 1e-3;
    std::string short_vectors, ids;
    std::vector<Index> id_codes{256, 256, 256};
    Index beam = 20, head = -1;
    double masked = 0.2, only_last = 0;
    Index future = 1;
    std::vector<std::uint64_t> seeds{1};
    std::string device = "host";
    int threads = 2;

    std::string negatives = "train", drawn_from = "uniform", log_q = "negatives", seen = "excluded";
    Index shared_negatives = 256;
    double loss_temperature = -1, label_smoothing = 0;
    std::string save, resume, pretrained, stage1, report, per_user;
    bool quiet = false;

    /// Width of the backbone's feed-forward.
    Index feed_forward() const { return hidden > 0 ? hidden : block == "original" ? width : 4 * width; }
    /// The headline's place in `coco::every_seen_items`.
    std::size_t seen_index() const { return seen == "included" ? 2 : seen == "zeroed" ? 1 : 0; }
    /// Whether a stage of pre-training goes before stage 1.
    bool pretrains() const { return backbone == "s3rec" && pretrain_epochs > 0; }
    bool unisrec() const { return model == "unisrec"; }
    bool tiger() const { return model == "tiger"; }
    /// A system that CoCo is compared with, which is trained.
    bool baseline() const { return unisrec() || tiger(); }
    /// Whether items need text vectors.
    bool reads_texts() const { return semantic() || unisrec() || (tiger() && ids.empty()); }
    /// Whether the language model is used in training.
    bool asks() const { return coco != "off" && coco != "aux" && coco != "channel"; }
    bool tower() const { return items == "tower" || items == "semantic-tower"; }
    /// Whether a linear map of the semantic columns is added to the items' vectors.
    bool maps_text() const { return items == "semantic" || items == "semantic-tower"; }
    /// Whether text vectors are a language model's.
    bool llm_vectors() const { return item_vectors.empty() && text_encoder.empty(); }
    /// Whether the items have semantic columns.
    bool semantic() const {
        return maps_text() || coco == "channel" || (asks() && coco != "paper" && fusion == "semantic");
    }
};

}  // namespace experiment
