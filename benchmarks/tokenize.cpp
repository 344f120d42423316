// SPDX-License-Identifier: Apache-2.0
// Megabytes of titles per second, one thread. Vocabularies are those that tests/run downloads; titles are
// those of the data sets below COCO_DATA, or of MovieLens if it is not set.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <coco/io/gguf_tokenizer.hpp>
#include <coco/io/tiktoken.hpp>
#include <coco/text/encoder.hpp>

#include "meter.hpp"

using namespace coco;
namespace fs = std::filesystem;

static fs::path cached(const char* file) {
    const char *own = std::getenv("COCO_CACHE"), *base = std::getenv("XDG_CACHE_HOME"),
               *home = std::getenv("HOME");
    return (own    ? fs::path(own)
            : base ? fs::path(base) / "coco"
                   : fs::path(home ? home : ".") / ".cache/coco") /
           file;
}

static const std::vector<std::string>& titles() {
    static const std::vector<std::string> all = [] {
        std::vector<std::string> list;
        const auto read = [&](const fs::path& path) {
            std::ifstream in(path);
            for (std::string line; std::getline(in, line);) {
                std::istringstream columns(line);
                std::getline(std::getline(columns, line, '\t'), line, '\t');
                list.push_back(line);
            }
        };
        if (const char* data = std::getenv("COCO_DATA"))
            for (const char* name : {"beauty", "toys"}) read(fs::path(data) / name / "items.tsv");
        else
            read(cached("ml-100k/ml-100k.item"));
        return list;
    }();
    return all;
}

template <class Open>
static void tokenize(benchmark::State& state, const char* vocabulary, Open open, bool remembers) {
    const fs::path path = cached(vocabulary);
    if (!fs::exists(path) || titles().empty())
        return state.SkipWithError("no vocabulary or no titles: tests/run fetches them");
    const text::Tokenizer tokenizer = open(path);
    double bytes = 0;
    for (const std::string& title : titles()) bytes += static_cast<double>(title.size());
    std::vector<Id> ids;
    Meter(state, [&] {
        ids.clear();
        text::Encoder encoder(tokenizer);
        for (const std::string& title : titles()) {
            if (remembers)
                encoder(title, ids, text::Special::ordinary);
            else
                benchmark::DoNotOptimize(tokenizer.encode(title, text::Special::ordinary));
        }
        benchmark::DoNotOptimize(ids.data());
    }).rate("MB_per_s", bytes * 1e-6);
}

/// A word that is not split: the time of merging a megabyte of one letter.
template <class Open>
static void one_letter(benchmark::State& state, const char* vocabulary, Open open) {
    const fs::path path = cached(vocabulary);
    if (!fs::exists(path)) return state.SkipWithError("no vocabulary: tests/run fetches it");
    const text::Tokenizer tokenizer = open(path);
    const std::string word(1'000'000, 'a');
    Meter(state, [&] { benchmark::DoNotOptimize(tokenizer.encode(word)); }).rate("MB_per_s", 1);
}

static text::Tokenizer smollm2(const fs::path& path) { return io::tokenizer_of(io::Gguf(path)); }
static text::Tokenizer qwen(const fs::path& path) {
    return io::open_tiktoken(path, *text::convention_of("qwen2"), {{"<|endoftext|>", 151643}});
}
static constexpr const char *smollm2_file = "smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                            *qwen_file = "qwen/qwen.tiktoken";

// The slashes are part of the names, not divisions.
// clang-format off
BENCHMARK_CAPTURE(tokenize, smollm2_titles, smollm2_file, smollm2, true)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_CAPTURE(tokenize, qwen_titles, qwen_file, qwen, true)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_CAPTURE(tokenize, smollm2_titles/each_word_anew, smollm2_file, smollm2, false)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_CAPTURE(tokenize, qwen_titles/each_word_anew, qwen_file, qwen, false)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_CAPTURE(one_letter, smollm2, smollm2_file, smollm2)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_CAPTURE(one_letter, qwen, qwen_file, qwen)->Unit(benchmark::kMillisecond)->UseManualTime();
// clang-format on
