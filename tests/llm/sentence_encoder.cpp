// SPDX-License-Identifier: Apache-2.0
// A small BERT beside transformers (fixtures/bert_reference.py): rows, vectors, gradients, twenty steps of
// Adam; and what holds of every encoder.
#include <catch2/catch.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <coco/io/safetensors.hpp>
#include <coco/llm/bert_source.hpp>
#include <coco/llm/sentence_encoder.hpp>
#include <coco/loss/info_nce.hpp>
#include <coco/nn/parameters.hpp>

#include "conformance/numbers.hpp"
#include "conformance/policy_under_test.hpp"
#include "io/support.hpp"

using namespace coco;
using conformance::Numbers;
using llm::SentencePooling;
using P = conformance::PolicyUnderTest<double>;

namespace {

const std::string folder = COCO_TEST_DIR "/fixtures/hf/bert";

template <class T>
std::vector<T> all_of(const io::Safetensors& file, const std::string& name) {
    const auto values = file.get<T>(name, file.tensor(name).shape);
    return {values.begin(), values.end()};
}

struct Text {
    std::vector<Id> token, type;
    Id key;
};

std::vector<Text> texts_of(const io::Safetensors& file) {
    const auto ids = all_of<std::int32_t>(file, "ids"), type = all_of<std::int32_t>(file, "type"),
               ends = all_of<std::int32_t>(file, "offsets");
    std::vector<Text> texts;
    for (std::size_t s = 0; s + 1 < ends.size(); ++s)
        texts.push_back({{ids.begin() + ends[s], ids.begin() + ends[s + 1]},
                         {type.begin() + ends[s], type.begin() + ends[s + 1]},
                         static_cast<Id>(s)});
    return texts;
}

/// An encoder with its memory.
struct Bench {
    explicit Bench(llm::EncoderSource source, Learns learns = Learns::yes, int threads = 2)
        : encoder(layout, source, learns),
          on(conformance::policy<P>(threads)),
          work(on),
          parameters(on, layout, 1),
          gradients(on, layout) {}

    Context<P> pass(bool learns = false, bool training = false) {
        work.reset();
        Context<P> ctx = parameters.context(on, work);
        if (learns) gradients.attach(ctx);
        ctx.training = training;
        ctx.seed = 4;
        return ctx;
    }
    llm::TokenRows<P> rows(Context<P>& ctx, const std::vector<Text>& texts) {
        batch.clear();
        for (const Text& t : texts) batch.add(t.token, t.type, t.key);
        return batch.upload(ctx, encoder.config());
    }
    /// Vectors of texts, then hidden rows.
    std::pair<Numbers, Numbers> vectors(const std::vector<Text>& texts, bool training = false) {
        Context<P> ctx = pass(false, training);
        const auto saved = encoder.forward(ctx, rows(ctx, texts));
        return {conformance::downloaded<P>(on, saved.out),
                conformance::downloaded<P>(on, CRows<P>(saved.rows.out))};
    }
    /// InfoNCE between the first and the second half of the texts, and its gradients.
    double learn(const std::vector<Text>& texts, bool training = false) {
        gradients.zero(on);
        Context<P> ctx = pass(true, training);
        const auto input = rows(ctx, texts);
        const auto saved = encoder.forward(ctx, input);
        const Index half = saved.out.rows / 2;
        std::vector<Id> each(static_cast<std::size_t>(half));
        for (std::size_t i = 0; i < each.size(); ++i) each[i] = static_cast<Id>(i);
        inverse.build(each, half);
        Targets<P> targets;
        targets.item = targets.self = on.upload(std::span<const Id>(each), work);
        targets.by_item = upload(ctx, inverse);
        const Rows<P> loss = conformance::uploaded(on, work, {0.0}, {1, 1}),
                      d = work.keep(saved.out.rows, saved.out.cols);
        nn::fill<P>(on, d, 0);
        loss::info_nce<P>(ctx, saved.out.rows_from(0, half), saved.out.rows_from(half, half), targets, 0.1, 1,
                          loss.data, d.rows_from(0, half), d.rows_from(half, half));
        encoder.backward(ctx, input, saved, CRows<P>(d));
        return conformance::downloaded<P>(on, CRows<P>(loss))[0];
    }

    ParameterLayout layout;
    llm::SentenceEncoder encoder;
    P on;
    Workspace<P> work;
    Parameters<P> parameters;
    Gradients<P> gradients;
    llm::TokenBatch batch;
    InverseLists inverse;
};

/// An encoder of random weights, none of them near zero.
llm::EncoderSource small(SentencePooling pooling = SentencePooling::mean) {
    llm::EncoderSource source;
    source.config = {.width = 8,
                     .layers = 2,
                     .heads = 2,
                     .hidden = 12,
                     .vocabulary = 23,
                     .positions = 9,
                     .types = 2,
                     .dropout = 0.2,
                     .attention_dropout = 0.2,
                     .init = 0.5,
                     .tokens = 9,
                     .pooling = pooling,
                     .unit_length = pooling == SentencePooling::mean};
    return source;
}

const std::vector<Text> four{
    {{3, 7, 7, 22}, {0, 0, 1, 1}, 0}, {{5}, {1}, 1}, {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {}, 2}, {{0, 22}, {}, 3}};

}  // namespace

TEST_CASE("BERT: rows, vectors, gradients and losses equal those of transformers", "[encoder]") {
    const io::Safetensors file(folder + "/reference.safetensors");
    const std::vector<Text> texts = texts_of(file);
    llm::EncoderSource source = llm::bert_source(folder);
    CHECK(source.config.tokens == 10);
    CHECK(source.config.unit_length);
    const auto close = [](const Numbers& ours, const Numbers& theirs) {
        CHECK(conformance::distance(ours, theirs) < 1e-10);
    };
    const auto [unit, hidden] = Bench(source, Learns::no).vectors(texts);
    close(hidden, all_of<double>(file, "hidden"));
    close(unit, all_of<double>(file, "unit"));
    source.config.unit_length = false;
    close(Bench(source).vectors(texts).first, all_of<double>(file, "mean"));
    source.config.pooling = SentencePooling::first;
    close(Bench(source).vectors(texts).first, all_of<double>(file, "first"));

    source = llm::bert_source(folder);
    source.config.dropout = source.config.attention_dropout = 0;
    Bench bench(source);
    Gradients<P> first(bench.on, bench.layout), second(bench.on, bench.layout);
    const auto losses = all_of<double>(file, "loss");
    for (std::size_t step = 0; step < losses.size(); ++step) {
        INFO("step " << step + 1);
        CHECK(bench.learn(texts, true) == Approx(losses[step]).epsilon(step == 0 ? 1e-12 : 1e-6));
        for (const Tensor& t : bench.layout.tensors()) {
            if (step > 0) break;
            INFO(t.name);
            const auto expected = all_of<double>(file, "gradient." + t.name.substr(8));
            CHECK(conformance::length(expected) > 0);
            close(conformance::downloaded<P>(bench.on, CRows<P>(bench.gradients.view(t.ref))), expected);
        }
        AdamWStep adam;
        adam.rate = 1e-2;
        adam.step = static_cast<std::int64_t>(step) + 1;
        const auto dense = ParameterBlock::dense;
        const AdamWRange<P> range{adam, bench.parameters.block(dense).list(),
                                  std::as_const(bench.gradients).block(dense).list(),
                                  first.block(dense).list(), second.block(dense).list()};
        bench.on.adamw({&range, 1}, nullptr);
    }
}

TEST_CASE("an encoder's gradients are difference quotients, with dropout", "[encoder]") {
    for (const SentencePooling pooling : {SentencePooling::mean, SentencePooling::first}) {
        Bench bench(small(pooling));
        bench.learn(four, true);
        std::vector<Numbers> gradients;
        for (const Tensor& t : bench.layout.tensors())
            gradients.push_back(conformance::downloaded<P>(bench.on, CRows<P>(bench.gradients.view(t.ref))));
        for (std::size_t t = 0; t < gradients.size(); ++t) {
            const Tensor& tensor = bench.layout.tensors()[t];
            const Numbers at =
                conformance::downloaded<P>(bench.on, std::as_const(bench.parameters).view(tensor.ref));
            const auto set = [&](const Numbers& x) {
                bench.on.upload(x.data(), bench.parameters.list(tensor.ref));
            };
            CHECK(conformance::length(gradients[t]) > 1e-9);
            conformance::gradient_agrees(tensor.name, at, gradients[t], [&](const Numbers& x) {
                set(x);
                return bench.learn(four, true);
            });
            set(at);
        }
    }
}

TEST_CASE("an encoder's vectors do not depend on other texts, nor on how many threads there are",
          "[encoder]") {
    Bench bench(small()), other(small(), Learns::yes, 3);
    for (const bool training : {false, true}) {
        const Numbers together = bench.vectors(four, training).first;
        CHECK(other.vectors(four, training).first == together);
        for (std::size_t s = 0; s < four.size(); ++s) {
            const auto begin = together.begin() + static_cast<std::ptrdiff_t>(8 * s);
            CHECK(conformance::distance(bench.vectors({four[s]}, training).first, {begin, begin + 8}) <
                  1e-14);
        }
    }
    CHECK(bench.vectors(four, true).first != bench.vectors(four).first);
}

TEST_CASE("an encoder: later tokens matter to earlier rows, types to all", "[encoder]") {
    Bench bench(small());
    std::vector<Text> texts = four;
    const Numbers before = bench.vectors(texts).second;
    texts[0].token[3] = 1;
    CHECK(bench.vectors(texts).second[0] != before[0]);
    texts = four;
    texts[0].type[3] = 0;
    CHECK(bench.vectors(texts).second[0] != before[0]);
}

TEST_CASE("an encoder: texts without tokens, and no texts", "[encoder]") {
    Bench bench(small());
    const Numbers out = bench.vectors({{{}, {}, 0}, four[1], {{}, {}, 2}}).first;
    CHECK(Numbers(out.begin(), out.begin() + 8) == Numbers(8, 0.0));
    CHECK(conformance::distance({out.begin() + 8, out.begin() + 16}, bench.vectors({four[1]}).first) < 1e-14);
    CHECK(bench.vectors({}).first.empty());
    CHECK(bench.learn({}) == 0);
}

TEST_CASE("a frozen encoder has no trained tensors, drops nothing and saves nothing", "[encoder]") {
    Bench frozen(llm::bert_source(folder), Learns::no), learning(llm::bert_source(folder));
    CHECK(frozen.layout.size(ParameterBlock::dense) == 0);
    CHECK(learning.layout.size(ParameterBlock::frozen) == 0);
    CHECK(frozen.vectors(four, true) == learning.vectors(four));
    Context<P> ctx = frozen.pass(true, true);
    const auto rows = frozen.rows(ctx, four);
    const auto saved = frozen.encoder.forward(ctx, rows);
    CHECK(saved.rows.layers.empty());
    frozen.encoder.backward(ctx, rows, saved, saved.out);
}

TEST_CASE("an encoder allocates nothing once the largest batch was seen", "[encoder]") {
    Bench bench(small());
    bench.learn(four, true);
    bench.learn(four, true);
    const std::size_t total = bench.work.total();
    bench.learn({four[1], four[0]}, true);
    bench.learn(four, true);
    CHECK(bench.work.total() == total);
}

TEST_CASE("an encoder refuses what it has no embedding for", "[encoder]") {
    Bench bench(small());
    const auto refusal = [&](const Text& text) { return support::error_of([&] { bench.vectors({text}); }); };
    CHECK(refusal({{23}, {}, 0}) == "text encoder: token without an embedding: expected 0 to 22, found 23");
    CHECK(refusal({{-1}, {}, 0}).find("token without an embedding") != std::string::npos);
    CHECK(refusal({{1}, {2}, 0}) == "text encoder: no such token type: expected 0 to 1, found 2");
    CHECK(refusal({std::vector<Id>(10, 1), {}, 0}) ==
          "text encoder: text longer than the positions: expected at most 9 tokens, found 10");
    CHECK(refusal({{1, 2}, {0}, 0}) == "text: not a type for each token: expected 2, found 1");
    llm::EncoderSource source = small();
    source.config.heads = 3;
    CHECK(support::error_of([&] { Bench{source}; }).find("heads: does not divide the width") !=
          std::string::npos);
    source = small();
    source.config.tokens = 10;
    CHECK(support::error_of([&] { Bench{source}; }) ==
          "encoder.tokens: more tokens than positions: expected at most 9, found 10");
}
