// SPDX-License-Identifier: Apache-2.0
// Texts as vectors by an encoder of MiniLM-L6's shape: 64 titles, hidden rows and pooling; the same with what
// backward needs, and a step of backward. Then all titles of Beauty below COCO_DATA by all-MiniLM-L6-v2,
// tokenizer included, one thread, where tests/run has fetched it; its twin is peers/encoder.py.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <coco/host/host.hpp>
#include <coco/llm/open_text_encoder.hpp>
#include <coco/llm/sentence_encoder.hpp>
#include <coco/nn/parameters.hpp>

#include "meter.hpp"

using namespace coco;
namespace fs = std::filesystem;

// Tokens of every 189th title of Beauty by MiniLM's vocabulary, [CLS] and [SEP] included.
constexpr std::array<Index, 64> lengths{21, 20, 16, 17, 18, 14, 14, 16, 17, 20, 24, 17, 71, 15, 16,  20,
                                        55, 21, 17, 23, 39, 16, 20, 15, 15, 12, 12, 12, 23, 15, 18,  14,
                                        10, 16, 30, 17, 11, 13, 36, 15, 21, 10, 24, 16, 9,  32, 14,  20,
                                        24, 24, 22, 17, 21, 23, 20, 13, 17, 16, 23, 18, 24, 14, 107, 21};

/// Floating-point operations of the linear maps and of attention, forward, of a text.
static double forward_flop(const llm::EncoderConfig& c, Index length) {
    const double linear = static_cast<double>(c.width * (4 * c.width + 2 * c.hidden)),
                 attention = static_cast<double>(2 * c.width * length);
    return 2 * static_cast<double>(c.layers * length) * (linear + attention);
}

static llm::EncoderSource minilm_shape() {
    llm::EncoderSource source;
    source.config.width = 384;
    source.config.layers = 6;
    source.config.hidden = 1536;
    source.config.unit_length = true;
    return source;
}

static void encoder(benchmark::State& state, bool learns) {
    static PolicyUnderTest on = here();
    static ParameterLayout layout;
    static const llm::SentenceEncoder model(layout, minilm_shape());
    static const Parameters<PolicyUnderTest> parameters(on, layout, 1);
    static Gradients<PolicyUnderTest> gradients(on, layout);
    llm::TokenBatch batch;
    double flop = 0;
    for (const Index n : lengths) {
        std::vector<Id> token(static_cast<std::size_t>(n));
        for (std::size_t i = 0; i < token.size(); ++i) token[i] = static_cast<Id>(1000 + 17 * i % 20000);
        batch.add(token);
        flop += (learns ? 3 : 1) * forward_flop(model.config(), n);
    }
    Workspace<PolicyUnderTest> work(on);
    Meter(state, on,
          [&] {
              work.reset();
              Context<PolicyUnderTest> ctx = parameters.context(on, work);
              if (learns) gradients.attach(ctx);
              ctx.training = learns;
              const auto texts = batch.upload(ctx, model.config());
              const auto saved = model.forward(ctx, texts);
              if (learns) model.backward(ctx, texts, saved, saved.out);
          })
        .flop(flop, on)
        .rate("texts/s", static_cast<double>(batch.texts()))
        .rate("tokens/s", static_cast<double>(batch.rows()));
}
BENCHMARK_CAPTURE(encoder, forward, false)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_CAPTURE(encoder, learning, true)->Unit(benchmark::kMillisecond)->UseManualTime();

static fs::path minilm() {
    const char *own = std::getenv("COCO_CACHE"), *base = std::getenv("XDG_CACHE_HOME"),
               *home = std::getenv("HOME");
    return (own    ? fs::path(own)
            : base ? fs::path(base) / "coco"
                   : fs::path(home ? home : ".") / ".cache/coco") /
           "minilm";
}

static void encoder_titles(benchmark::State& state) {
    std::vector<std::string> titles;
    if (const char* const data = std::getenv("COCO_DATA")) {
        std::ifstream in(fs::path(data) / "beauty" / "items.tsv");
        for (std::string line; std::getline(in, line);) {
            std::istringstream columns(line);
            std::getline(std::getline(columns, line, '\t'), line, '\t');
            titles.push_back(line);
        }
    }
    if (titles.empty() || !fs::exists(minilm() / "config.json"))
        return state.SkipWithError("no titles in COCO_DATA, or no all-MiniLM-L6-v2: tests/run fetches it");
    Host on(1);
    const llm::TextEncoder model = llm::open_text_encoder(minilm());
    llm::SentenceReader<Host> reader(on, model);
    double flop = 0;
    for (const std::string& title : titles)
        flop += forward_flop(model.source.config, static_cast<Index>(model.encode(title).size()));
    Meter(state, [&] { reader(titles); }).flop(flop, on).rate("texts/s", static_cast<double>(titles.size()));
}
BENCHMARK(encoder_titles)->Unit(benchmark::kSecond)->UseManualTime()->Iterations(1);
