// SPDX-License-Identifier: Apache-2.0
/// \file
/// Opens the inputs that a command line names: data sets, language models, item vectors.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <coco/core/random.hpp>
#include <coco/data/gz.hpp>
#include <coco/data/open.hpp>
#include <coco/data/synthetic.hpp>
#include <coco/host/host.hpp>
#include <coco/io/file_digest.hpp>
#include <coco/io/npy.hpp>
#include <coco/items/semantic_space.hpp>
#include <coco/llm/open_text_model.hpp>
#include <coco/llm/text_vector_file.hpp>
#include <coco/llm/tiny.hpp>
#include <coco/sampling/samples.hpp>

#include "experiment/options.hpp"
#include "experiment/semantic_columns.hpp"

namespace experiment {

using coco::Id;
using coco::Index;

/// Folder of downloaded data and weights: ${COCO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/coco}.
inline std::filesystem::path cache() {
    const auto given = [](const char* name) {
        const char* const value = std::getenv(name);
        return std::filesystem::path(value ? value : "");
    };
    if (!given("COCO_CACHE").empty()) return given("COCO_CACHE");
    const std::filesystem::path base = given("XDG_CACHE_HOME");
    return (base.empty() ? given("HOME") / ".cache" : base) / "coco";
}

/// "synthetic" and "two-tastes" are generated, "ml-100k" is read from the cache, any other name is a folder.
/// Prints the notes of the reader. \param column_names  of tables, as `coco::data::parse_columns` reads them
inline coco::data::Dataset open_data(const std::string& name, const std::string& column_names = "") {
    if (name == "synthetic") return coco::data::synthetic().data;
    if (name == "two-tastes") {
        coco::data::SyntheticConfig config;
        config.tastes = 2;
        return coco::data::synthetic(config).data;
    }
    const std::filesystem::path folder = name == "ml-100k" ? cache() / name : std::filesystem::path(name);
    coco::data::Dataset data =
        coco::data::open<coco::data::GzFile>(folder, coco::data::parse_columns(column_names));
    for (const coco::data::Note& note : data.notes) std::fprintf(stderr, "note: %s\n", note.text().c_str());
    coco::require(data.interactions.size() > 0, folder.string(), "no interactions");
    return data;
}

/// The model in a GGUF file or a Hugging Face folder, or "tiny": a random one over the words of `catalogue`.
inline coco::llm::TextModel open_language(const Options& o, const coco::data::Catalogue& catalogue) {
    coco::llm::TextModel model;
    if (o.llm != "tiny") {
        model = coco::llm::open_text_model(o.llm, o.llm_layers);
    } else {
        const auto tiny = std::make_shared<const coco::llm::Tiny>(coco::llm::tiny(catalogue));
        std::string words;
        for (Id item = 0; item < static_cast<Id>(catalogue.size()); ++item)
            words += catalogue.text(item) + '\n';
        model.source = tiny->source;
        model.source.config.depth = o.llm_layers;
        model.source.config.check();
        model.encode = [tiny](std::string_view text) { return tiny->words.encode(text); };
        model.digest = coco::text_of("tiny over words ", coco::io::XXH64::of(std::as_bytes(std::span(words))),
                                     ", ", model.source.config.used(), " layers");
    }
    // Results trained with rounded weights do not fit others.
    if (o.llm_storage == "bf16") model.digest += ", bf16";
    using coco::llm::Keep;
    model.source.config.keep = o.llm_storage == "bf16"     ? Keep::bfloat16
                               : o.llm_storage == "stored" ? Keep::as_stored
                                                           : Keep::floats;
    return model;
}

/// The catalogue with its texts randomly permuted among the items, by seed.
inline coco::data::Catalogue shuffled_texts(const coco::data::Catalogue& catalogue, std::uint64_t seed) {
    std::vector<Id> order(static_cast<std::size_t>(catalogue.size()));
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Id>(i);
    coco::RandomStream(seed, 0x7465787473).shuffle(order);
    return catalogue.with_texts_of(order);
}

/// Lines of the catalogue's items by a pattern.
inline std::vector<std::string> lines_of(const coco::data::Catalogue& catalogue, const std::string& pattern) {
    const coco::data::ItemLine line(pattern);
    std::vector<std::string> lines;
    for (Id item = 0; item < static_cast<Id>(catalogue.size()); ++item)
        lines.push_back(line.of(catalogue[item]));
    return lines;
}

/// A language model's vectors of the items' lines, items x its width; read once and kept in the cache.
inline std::vector<float> read_lines(const Options& o, const coco::data::Catalogue& catalogue,
                                     const coco::llm::TextModel& language, Index layer) {
    coco::llm::TextVectorSettings settings;
    settings.layer = layer;
    coco::Host on(o.threads);
    const bool shown = !o.quiet && ::isatty(STDERR_FILENO) != 0;
    const std::vector<std::string> lines = lines_of(catalogue, o.item_line);
    std::vector<float> vectors =
        coco::llm::text_vectors(cache() / "text_vectors", on, language, lines, settings, [&](Index done) {
            if (shown)
                std::fprintf(stderr, "\r\033[Kitems read %lld of %zu", static_cast<long long>(done),
                             lines.size());
        });
    if (shown) std::fputs("\r\033[K", stderr);
    return vectors;
}

/// The text vectors of the items: those of a file, or of `language` after a layer.
inline coco::io::Matrix item_vectors(const Options& o, const coco::data::Catalogue& catalogue,
                                     const coco::llm::TextModel* language, Index layer) {
    if (!o.item_vectors.empty()) return coco::io::load_npy(o.item_vectors, catalogue.size());
    coco::io::Matrix vectors;
    vectors.columns = language->source.config.width;
    vectors.values = read_lines(o, catalogue, *language, layer);
    return vectors;
}

/// Semantic columns of the options' text vectors, of the file they name or of `language`: for each layer and
/// shrink.
inline std::vector<SemanticColumns> semantic_columns(const Options& o, const coco::data::Catalogue& catalogue,
                                                     const coco::llm::TextModel* language) {
    std::vector<SemanticColumns> all;
    for (const Index layer : o.text_layer) {
        const coco::io::Matrix vectors = item_vectors(o, catalogue, language, layer);
        for (const double shrink : o.shrink) {
            const auto space =
                coco::items::SemanticSpace::fit(vectors.values, vectors.columns, o.columns, shrink);
            all.push_back({space(vectors.values), {}, space.columns(), space.digest(), layer, shrink, {}});
            if (o.learn_columns)
                for (const std::string& line : lines_of(catalogue, o.item_line))
                    all.back().tokens.push_back(language->encode(line));
        }
    }
    return all;
}

/// What UniSRec's adaptor reads: the text vectors as they are, or whitened as semantic columns are; `read`
/// has those of texts with words left out, where a file of them is given.
/// \throws Error where the two files have different widths
inline std::vector<SemanticColumns> adaptor_inputs(const Options& o, const coco::data::Catalogue& catalogue,
                                                   const coco::llm::TextModel* language) {
    coco::io::Matrix whole = item_vectors(o, catalogue, language, o.text_layer.front()), part;
    if (!o.short_vectors.empty()) {
        part = coco::io::load_npy(o.short_vectors, catalogue.size());
        coco::require(part.columns == whole.columns, "--short-vectors " + o.short_vectors,
                      "not as wide as the vectors of whole texts", coco::text_of(whole.columns),
                      coco::text_of(part.columns));
    }
    SemanticColumns out;
    out.text_layer = o.text_layer.front();
    out.shrink = o.shrink.front();
    out.columns = whole.columns;
    if (o.whiten) {
        const auto space =
            coco::items::SemanticSpace::fit(whole.values, whole.columns, o.columns, out.shrink);
        out.columns = space.columns();
        whole.values = space(whole.values);
        if (!part.values.empty()) part.values = space(part.values);
    }
    out.kappa = std::move(whole.values);
    out.read = std::move(part.values);
    const auto digest = [](const std::vector<float>& x) {
        return coco::io::XXH64::of(std::as_bytes(std::span(x)));
    };
    out.space = coco::text_of(digest(out.kappa), ", ", digest(out.read));
    return {out};
}

/// The default of `--samples`.
inline const char* samples_for(const coco::data::Interactions& train, Index window) {
    return coco::sampling::kind_for(train, window) == coco::Samples::prefixes ? "prefixes" : "positions";
}

}  // namespace experiment
