// SPDX-License-Identifier: Apache-2.0
// Semantic ids of a catalogue: text vectors of its items by a language model, quantised level by level by
// residual k-means or by an RQ-VAE; prints how the codebooks are used and what items of equal first tokens
// have in common, and writes the ids.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <coco/data/features.hpp>
#include <coco/host/host.hpp>
#include <coco/items/semantic_space.hpp>
#include <coco/quantize/id_report.hpp>
#include <coco/quantize/semantic_id_file.hpp>
#include <coco/train/rq_vae_trainer.hpp>

#include "experiment/material.hpp"

namespace {

using namespace experiment;
namespace quantize = coco::quantize;

/// Settings of the command line.
struct Choices {
    Options data;  ///< what is read, and how: data, llm, text_layer, item_line, threads, quiet
    std::string method = "kmeans", out;
    Index columns = 32;
    double shrink = 1e-3;
    quantize::ResidualKMeans kmeans;
    quantize::RqVae::Config model;
    coco::RqVaeTraining training;
};

/// One label for each item: the place of its text among different ones; `no_id` for none.
template <class Text>
std::vector<Id> labels(const coco::data::Catalogue& catalogue, const Text& text) {
    coco::data::Feature feature("label");
    std::vector<Id> out;
    for (Id item = 0; item < static_cast<Id>(catalogue.size()); ++item) {
        const std::string value = text(catalogue[item]);
        const std::string_view values[] = {value};
        feature.add(values);
        out.push_back(feature.of(item).empty() ? coco::no_id : feature.of(item).front());
    }
    return out;
}

/// Text vectors less the mean of those that are not zero.
std::vector<float> centred(std::vector<float> vectors, Index width) {
    const std::size_t w = static_cast<std::size_t>(width);
    std::vector<double> mean(w, 0.0);
    double texts = 0;
    const auto has_text = [&](std::size_t row) {
        for (std::size_t j = 0; j < w; ++j)
            if (vectors[row * w + j] != 0.0f) return true;
        return false;
    };
    for (std::size_t i = 0; i < vectors.size() / w; ++i) {
        if (!has_text(i)) continue;
        ++texts;
        for (std::size_t j = 0; j < w; ++j) mean[j] += static_cast<double>(vectors[i * w + j]);
    }
    for (std::size_t i = 0; i < vectors.size() / w; ++i)
        if (has_text(i))
            for (std::size_t j = 0; j < w; ++j) vectors[i * w + j] -= static_cast<float>(mean[j] / texts);
    return vectors;
}

void print(const quantize::Quantized& made, const coco::data::Catalogue& catalogue,
           const std::vector<float>& vectors, Index width) {
    const quantize::IdReport report = quantize::report_of(made.ids);
    for (std::size_t l = 0; l < report.levels.size(); ++l) {
        const quantize::CodebookUse& use = report.levels[l];
        std::printf(
            "level %zu: %lld of %lld codes in use (%.1f %%), perplexity %.1f; leaves %.3f of the "
            "squared length\n",
            l, static_cast<long long>(use.used), static_cast<long long>(use.size),
            100 * static_cast<double>(use.used) / static_cast<double>(use.size), use.perplexity,
            made.left[l + 1] / made.left[0]);
    }
    std::printf("%lld different tuples; %lld items share theirs, at most %lld the same; vocabulary %lld\n",
                static_cast<long long>(report.tuples), static_cast<long long>(report.sharing),
                static_cast<long long>(report.largest), static_cast<long long>(made.ids.vocabulary()));
    std::printf("restored from codes: error %.3f of the variance\n", made.error);

    const auto likeness = quantize::likeness_by_prefix(made.ids, centred(vectors, width), width);
    const auto category = quantize::agreement_by_prefix(made.ids, labels(catalogue, [](const auto& item) {
                                                            return coco::data::last_category(item.categories);
                                                        }));
    const auto brand = quantize::agreement_by_prefix(
        made.ids, labels(catalogue, [](const auto& item) { return item.brand; }));
    std::printf("\nPairs of items by the first codes that they share:\n");
    std::printf("%6s %12s %8s %14s %11s\n", "codes", "pairs", "cosine", "same category", "same brand");
    for (std::size_t l = 0; l < likeness.size(); ++l)
        std::printf("%6zu %12.0f %8.3f %14.3f %11.3f\n", l, likeness[l].pairs, likeness[l].cosine,
                    category[l], brand[l]);
}

int make_ids(const Choices& choices) {
    const Options& o = choices.data;
    const coco::data::Dataset data = open_data(o.data);
    const coco::llm::TextModel language = open_language(o, data.catalogue);
    const Index width = language.source.config.width;
    const std::vector<float> vectors =
        read_lines(o, data.catalogue, &language, nullptr, o.text_layer.front());

    const auto start = std::chrono::steady_clock::now();
    const auto space = coco::items::SemanticSpace::fit(vectors, width, choices.columns, choices.shrink);
    const quantize::ItemVectors items(space(vectors), space.columns());
    std::printf("%s: %lld items, %lld without text, %lld different texts; %lld columns\n", o.data.c_str(),
                static_cast<long long>(items.items()), static_cast<long long>(items.without_text()),
                static_cast<long long>(items.size()), static_cast<long long>(items.width()));
    coco::Host on(o.threads);
    const bool shown = !o.quiet && ::isatty(STDERR_FILENO) != 0;
    const quantize::Quantized made =
        choices.method == "kmeans"
            ? quantize::quantize_by_kmeans(items, choices.kmeans)
            : coco::quantize_by_rq_vae(
                  on, items, choices.model, choices.training, [&](Index epoch, const coco::RqVaeLoss& loss) {
                      if (shown)
                          std::fprintf(stderr, "\r\033[Kepoch %lld: loss %.4f, of it codes %.4f; moved %lld",
                                       static_cast<long long>(epoch), loss.total(), loss.quantization,
                                       static_cast<long long>(loss.revived));
                  });
    if (shown) std::fputs("\r\033[K", stderr);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%s: %.1f seconds\n", choices.method.c_str(), seconds);
    print(made, data.catalogue, vectors, width);
    if (choices.out.empty()) return 0;
    quantize::save_ids(
        choices.out, made.ids, data.catalogue,
        coco::text_of(choices.method, " of ", language.files.empty() ? language.digest : language.files,
                      ", layer ", o.text_layer.front(), ", space ", space.digest()));
    std::printf("\nwritten: %s\n", choices.out.c_str());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Makes semantic ids of a catalogue's items, and says what they are like.", "semantic_ids");
    Choices c;
    c.data.llm = "tiny";
    std::vector<Index> codes = c.model.codes;
    std::uint64_t seed = 1;
    app.add_option("--data", c.data.data, "folder of a data set, \"ml-100k\" (in the cache) or \"synthetic\"")
        ->required();
    app.add_option("--llm", c.data.llm, "language model: FILE.gguf, a Hugging Face folder, or \"tiny\"")
        ->capture_default_str();
    app.add_option("--text-layer", c.data.text_layer.front(),
                   "layer whose rows are a text's vector; 0: the token embeddings")
        ->capture_default_str();
    app.add_option("--item-line", c.data.item_line, "pattern of an item's text")->capture_default_str();
    app.add_option("--method", c.method)->check(CLI::IsMember({"kmeans", "rq-vae"}))->capture_default_str();
    app.add_option("--codes", codes, "codes of each level")->capture_default_str();
    app.add_option("--columns", c.columns, "principal columns of the text vectors that are quantised")
        ->capture_default_str();
    app.add_option("--shrink", c.shrink, "small: columns weigh the same; large: as their variance")
        ->capture_default_str();
    app.add_option("--iterations", c.kmeans.iterations, "of k-means, at most")->capture_default_str();
    app.add_option("--width", c.model.width, "of an RQ-VAE's codes")->capture_default_str();
    app.add_option("--hidden", c.model.hidden, "layers of an RQ-VAE's encoder")->capture_default_str();
    app.add_option("--epochs", c.training.epochs)->capture_default_str();
    app.add_option("--batch", c.training.batch)->capture_default_str();
    app.add_option("--rate", c.training.rate)->capture_default_str();
    app.add_option("--seed", seed)->capture_default_str();
    app.add_option("--threads", c.data.threads, "0: all the machine has")
        ->capture_default_str()
        ->check(CLI::Range(0, 4096));
    app.add_option("--out", c.out, "file for the ids");
    app.add_flag("--quiet", c.data.quiet, "no progress on a terminal");
    CLI11_PARSE(app, argc, argv);
    c.kmeans.codes = c.model.codes = codes;
    c.kmeans.seed = c.training.seed = seed;
    try {
        return make_ids(c);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "semantic_ids: %s\n", problem.what());
        return 1;
    }
}
