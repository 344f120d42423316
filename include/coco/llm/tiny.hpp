// SPDX-License-Identifier: Apache-2.0
/// \file
/// A small random decoder over a catalogue's words, made in memory without a file. It is not trained on
/// language, but distinguishes words. For tests, and for data where only the words of an item matter.
#pragma once

#include <cstdint>

#include <coco/data/catalogue.hpp>
#include <coco/llm/random_source.hpp>
#include <coco/llm/words.hpp>

namespace coco::llm {

/// Its shape.
struct TinyConfig {
    Index width = 64, layers = 2, heads = 4, hidden = 128;
    std::uint64_t seed = 0;
};

/// A source of weights and the tokenizer that goes with it.
struct Tiny {
    Source source;
    WordTokenizer words;
};

/// A decoder whose vocabulary is the words of all items. Embeddings have variance 1 and the layers add about
/// as much again, so each hidden row still identifies its word.
inline Tiny tiny(const data::Catalogue& catalogue, const TinyConfig& config = {}) {
    Tiny made;
    for (Id item = 0; item < static_cast<Id>(catalogue.size()); ++item) made.words.add(catalogue.text(item));
    require(config.heads >= 1 && config.width % (2 * config.heads) == 0, "tiny.width",
            "does not divide into heads of even width", text_of("a multiple of ", 2 * config.heads),
            text_of(config.width));
    Config c;
    c.architecture = "tiny";
    c.width = config.width;
    c.layers = config.layers;
    c.heads = c.kv_heads = config.heads;
    c.head = config.width / config.heads;
    c.hidden = config.hidden;
    c.vocabulary = made.words.size();
    made.source = random_source(c, config.seed);
    return made;
}

}  // namespace coco::llm
