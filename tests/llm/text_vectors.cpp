// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/llm/text_vectors.hpp>
#include <coco/llm/tiny.hpp>

#include "conformance/policy_under_test.hpp"
#include "llm/support.hpp"

using namespace support;
using coco::llm::Pooling;
using coco::llm::TextVectorSettings;
using P = coco::conformance::PolicyUnderTest<double>;

namespace {

const std::vector<std::string> texts{"red shoes", "blue hat and red shoes", "",
                                     "hat",       "nothing known",          "red shoes"};

coco::llm::TextModel model() {
    coco::data::Catalogue c;
    c.add("a", {"red shoes and blue hat", "", "", "", ""});
    const coco::llm::Tiny tiny =
        coco::llm::tiny(c, {.width = 16, .layers = 3, .heads = 2, .hidden = 24, .seed = 3});
    return {tiny.source, [words = tiny.words](std::string_view text) { return words.encode(text); }, "tiny"};
}

Numbers vectors(TextVectorSettings settings) {
    P on = coco::conformance::policy<P>(2);
    const std::vector<float> x = coco::llm::text_vectors(on, model(), texts, settings);
    return {x.begin(), x.end()};
}

/// Row-by-row, from the states of each text alone.
Numbers expected(Index layer, Pooling pooling) {
    coco::llm::TextModel m = model();
    m.source.config.depth = layer;
    coco::ParameterLayout layout;
    const coco::llm::Decoder<> decoder(layout, m.source);
    P on = coco::conformance::policy<P>(1);
    const coco::Parameters<P> parameters(on, layout, 1);
    Numbers all;
    for (const std::string& text : texts) {
        const std::vector<Id> token = m.encode(text);
        Numbers mean(16, 0.0);
        if (!token.empty()) {
            coco::Workspace<P> work(on);
            coco::Context<P> ctx = parameters.context(on, work);
            const std::vector<Id> ends{0, static_cast<Id>(token.size())};
            const auto rows = decoder.states(ctx, coco::adapter::Frozen{}, on.upload(std::span(token), work),
                                             coco::llm::segments_of(ctx, std::span<const Id>(ends)));
            const Numbers x = coco::conformance::downloaded<P>(on, coco::CRows<P>(rows));
            const std::size_t first = pooling == Pooling::last ? token.size() - 1 : 0;
            for (std::size_t t = first; t < token.size(); ++t)
                for (std::size_t j = 0; j < 16; ++j)
                    mean[j] += x[t * 16 + j] / static_cast<double>(token.size() - first);
        }
        all.insert(all.end(), mean.begin(), mean.end());
    }
    return all;
}

}  // namespace

TEST_CASE("states after the last layer, normed, are the model's hidden rows", "[text_vectors]") {
    coco::llm::TextModel m = model();
    coco::ParameterLayout layout;
    const coco::llm::Decoder<> decoder(layout, m.source);
    P on = coco::conformance::policy<P>(2);
    const coco::Parameters<P> parameters(on, layout, 1);
    coco::Workspace<P> work(on);
    coco::Context<P> ctx = parameters.context(on, work);
    const std::vector<Id> token = m.encode(texts[1]), ends{0, 2, static_cast<Id>(token.size())};
    const auto ids = on.upload(std::span(token), work);
    const auto of = coco::llm::segments_of(ctx, std::span<const Id>(ends));
    const Numbers hidden = coco::conformance::downloaded<P>(
        on, coco::CRows<P>(decoder.hidden(ctx, coco::adapter::Frozen{}, ids, of)));
    Numbers states = coco::conformance::downloaded<P>(
        on, coco::CRows<P>(decoder.states(ctx, coco::adapter::Frozen{}, ids, of)));
    for (std::size_t i = 0; i < token.size(); ++i) {
        double square = 0;
        for (std::size_t j = 0; j < 16; ++j) square += states[i * 16 + j] * states[i * 16 + j] / 16;
        const double scale = 1 / std::sqrt(square + m.source.config.epsilon);
        for (std::size_t j = 0; j < 16; ++j) states[i * 16 + j] *= scale;
    }
    // The tiny model's final norm has weights of 1.
    CHECK(coco::conformance::distance(hidden, states) < 1e-6);
}

TEST_CASE("text vectors: means of a layer's states, whatever shares their pass", "[text_vectors]") {
    for (const Index layer : {1, 2, 3})
        for (const Pooling pooling : {Pooling::mean, Pooling::last}) {
            INFO("layer " << layer);
            const Numbers one = vectors({layer, pooling, 1}), all = vectors({layer, pooling, 4096});
            CHECK(coco::conformance::distance(one, all) < 1e-6);
            CHECK(coco::conformance::distance(all, expected(layer, pooling)) < 1e-6);
        }
    CHECK(TextVectorSettings{}.layer_of(30) == 16);
    CHECK(TextVectorSettings{}.layer_of(1) == 1);
    CHECK(vectors({}) == vectors({2}));
    const Numbers x = vectors({2});
    CHECK(std::vector<double>(x.begin() + 32, x.begin() + 48) == std::vector<double>(16, 0.0));
}

TEST_CASE("text vectors: layer 0 is the token embeddings", "[text_vectors]") {
    const coco::llm::TextModel m = model();
    const coco::llm::TokenEmbeddings embeddings(m.source);
    std::vector<float> row(16);
    embeddings.mean(m.encode(texts[1]), row);
    const Numbers x = vectors({0});
    for (std::size_t j = 0; j < 16; ++j) CHECK(x[16 + j] == static_cast<double>(row[j]));
    CHECK_THROWS_WITH(vectors({4}), "text vectors: layer: no such layer: expected 0 to 3, found 4");
    CHECK_THROWS_AS(vectors({2, Pooling::mean, 0}), coco::Error);
}
