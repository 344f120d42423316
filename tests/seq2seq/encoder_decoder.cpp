// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>

#include <coco/io/safetensors.hpp>
#include <coco/seq2seq/encoder_decoder.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

seq2seq::Config tiny(double dropout) {
    return {.width = 8,
            .heads = 2,
            .head = 5,
            .hidden = 12,
            .encoder_layers = 2,
            .decoder_layers = 2,
            .buckets = 8,
            .max_distance = 12,
            .dropout = dropout};
}

struct EncoderCase {
    static constexpr bool segmented = true;
    seq2seq::Encoder stack;

    explicit EncoderCase(ParameterLayout& layout) : stack(layout, tiny(0.2)) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 8}}; }
    template <class Q>
    auto forward(Context<Q>& ctx, const Sequence<Q>& s, const conformance::In<Q>& x) const {
        return stack.forward(ctx, s.segments, s.row_key, x[0]);
    }
    template <class Q, class Saved>
    void backward(Context<Q>& ctx, const Sequence<Q>&, const Saved& saved, CRows<Q> dy,
                  const conformance::Out<Q>& dx) const {
        stack.backward(ctx, saved, dy, dx[0]);
    }
};

struct DecoderCase {
    static constexpr bool segmented = true;
    seq2seq::Decoder stack;

    explicit DecoderCase(ParameterLayout& layout) : stack(layout, tiny(0.2)) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 8}, {rows, 8}}; }
    template <class Q>
    auto forward(Context<Q>& ctx, const Sequence<Q>& s, const conformance::In<Q>& x) const {
        return stack.forward(ctx, s.segments, s.row_key, x[1], s.segments, x[0]);
    }
    template <class Q, class Saved>
    void backward(Context<Q>& ctx, const Sequence<Q>&, const Saved& saved, CRows<Q> dy,
                  const conformance::Out<Q>& dx) const {
        stack.backward(ctx, saved, dy, dx[0], dx[1]);
    }
};

/// tests/fixtures/t5_reference.py: transformers' T5 in double, one pair at a time.
struct Trial {
    io::Safetensors file{COCO_TEST_DIR "/fixtures/t5_reference.safetensors"};
    ParameterLayout layout;
    seq2seq::EncoderDecoder model;
    P on = conformance::policy<P>(2);
    Workspace<P> work{on};
    Parameters<P> parameters{on, layout, 1};
    Gradients<P> gradients{on, layout};
    seq2seq::HostPairs pairs;
    conformance::Numbers rows;

    explicit Trial(double dropout = 0) : model(layout, tiny(dropout), 29) {
        for (const Tensor& t : layout.tensors())
            on.upload(all<double>("weight." + t.name).data(), parameters.list(t.ref));
        const auto source = split("source"), target = split("target");
        for (std::size_t i = 0; i < source.size(); ++i)
            pairs.add(source[i], target[i], static_cast<std::uint32_t>(i));
        pairs.finish(model.vocabulary());
    }
    template <class T>
    std::vector<T> all(const std::string& name) const {
        const auto values = file.get<T>(name, file.tensor(name).shape);
        return {values.begin(), values.end()};
    }
    std::vector<std::vector<Id>> split(const std::string& name) const {
        const std::vector<Id> tokens = all<std::int32_t>(name);
        std::vector<std::vector<Id>> parts;
        auto first = tokens.begin();
        for (const Id length : all<std::int32_t>(name + "_length")) {
            parts.emplace_back(first, first + length);
            first += length;
        }
        return parts;
    }
    /// The loss; the gradients are those of this step alone.
    double step(const seq2seq::HostPairs& batch) {
        work.reset();
        gradients.zero(on);
        Context<P> ctx = parameters.context(on, work);
        gradients.attach(ctx);
        ctx.training = true;
        ctx.seed = 5;
        const Rows<P> loss = conformance::uploaded(on, work, {0.0}, {1, 1});
        const auto saved = model.step(ctx, seq2seq::upload(ctx, batch), 1, loss.data);
        rows = conformance::downloaded<P>(on, saved.out);
        return conformance::downloaded<P>(on, CRows<P>(loss))[0];
    }
    double step() { return step(pairs); }
    conformance::Numbers gradient(const Tensor& t) {
        return conformance::downloaded<P>(on, CRows<P>(gradients.view(t.ref)));
    }
};

}  // namespace

TEST_CASE("the encoder and the decoder pass the conformance test of a layer", "[seq2seq]") {
    conformance::layer<EncoderCase>();
    conformance::layer<DecoderCase>();
}

TEST_CASE("an encoder-decoder's rows, loss and gradients equal those of transformers' T5", "[seq2seq]") {
    Trial trial;
    CHECK(trial.file.tensors().size() == 2 * trial.layout.tensors().size() + 8);
    CHECK(trial.step() == Approx(trial.all<double>("losses")[0]).epsilon(1e-12));
    CHECK(conformance::distance(trial.rows, trial.all<double>("rows")) < 1e-11);
    for (const Tensor& t : trial.layout.tensors()) {
        INFO(t.name);
        const conformance::Numbers expected = trial.all<double>("gradient." + t.name);
        CHECK(conformance::length(expected) > 0);
        CHECK(conformance::distance(trial.gradient(t), expected) < 1e-11);
    }
}

TEST_CASE("twenty Adam steps of an encoder-decoder have the losses of transformers' T5", "[seq2seq]") {
    Trial trial;
    Gradients<P> first(trial.on, trial.layout), second(trial.on, trial.layout);
    AdamWStep settings;
    settings.rate = 1e-2;
    settings.step = 0;
    for (const double expected : trial.all<double>("losses")) {
        CHECK(trial.step() == Approx(expected).epsilon(1e-10));
        ++settings.step;
        const AdamWRange<P> range{settings, trial.parameters.block(ParameterBlock::dense).list(),
                                  std::as_const(trial.gradients).block(ParameterBlock::dense).list(),
                                  first.block(ParameterBlock::dense).list(),
                                  second.block(ParameterBlock::dense).list()};
        trial.on.adamw({&range, 1}, nullptr);
    }
    CHECK(settings.step == 20);
}

TEST_CASE("an encoder-decoder's gradients are the slopes of its loss, with dropout", "[seq2seq]") {
    Trial trial(0.2);
    trial.step();
    std::vector<conformance::Numbers> gradients;
    for (const Tensor& t : trial.layout.tensors()) gradients.push_back(trial.gradient(t));
    for (std::size_t t = 0; t < gradients.size(); ++t) {
        const Tensor& tensor = trial.layout.tensors()[t];
        const conformance::Numbers at = trial.all<double>("weight." + tensor.name);
        conformance::gradient_agrees(tensor.name, at, gradients[t], [&](const conformance::Numbers& x) {
            trial.on.upload(x.data(), trial.parameters.list(tensor.ref));
            return trial.step();
        });
        trial.on.upload(at.data(), trial.parameters.list(tensor.ref));
    }
}

TEST_CASE("a pair's rows do not depend on the pairs beside it", "[seq2seq]") {
    Trial trial(0.2);
    trial.step();
    const conformance::Numbers together = trial.rows;
    const auto source = trial.split("source"), target = trial.split("target");
    auto first = together.begin();
    for (std::size_t i = 0; i < source.size(); ++i) {
        seq2seq::HostPairs alone;
        alone.add(source[i], target[i], static_cast<std::uint32_t>(i));
        alone.finish(trial.model.vocabulary());
        trial.step(alone);
        const auto end = first + static_cast<std::ptrdiff_t>(target[i].size() * 8);
        CHECK(conformance::distance(trial.rows, {first, end}) < 1e-13);
        first = end;
    }
    CHECK(first == together.end());
}

TEST_CASE("a target's row does not depend on later targets", "[seq2seq]") {
    Trial trial;
    trial.step();
    const conformance::Numbers before = trial.rows;
    trial.pairs.input[2] = 19;
    trial.pairs.finish(trial.model.vocabulary());
    trial.step();
    for (std::size_t row = 0; row < 4; ++row) {
        const auto part = [&](const conformance::Numbers& x) {
            return conformance::Numbers(x.begin() + static_cast<std::ptrdiff_t>(8 * row),
                                        x.begin() + static_cast<std::ptrdiff_t>(8 * row + 8));
        };
        CHECK((conformance::distance(part(trial.rows), part(before)) == 0) == (row < 2));
    }
}

TEST_CASE("an encoder-decoder: bad settings and bad pairs are errors", "[seq2seq]") {
    const auto message = [](auto change, Index vocabulary = 29) {
        seq2seq::Config config = tiny(0);
        change(config);
        ParameterLayout layout;
        try {
            const seq2seq::EncoderDecoder model(layout, config, vocabulary);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    CHECK(message([](auto&) {}) == "no error");
    CHECK(message([](auto&) {}, 1) ==
          "seq2seq.vocabulary: only the start token: expected at least 2, found 1");
    CHECK(message([](auto& c) { c.encoder_layers = 17; }) ==
          "seq2seq.encoder_layers: out of range: expected 1 to 16, found 17");
    CHECK(message([](auto& c) { c.buckets = 6; }) ==
          "seq2seq.buckets: two sides of exact and wider buckets: expected a multiple of 4, found 6");
    CHECK(message([](auto& c) { c.max_distance = 4; }) ==
          "seq2seq.max_distance: no room for the wider buckets: expected more than 4, found 4");
    CHECK(message([](auto& c) { c.dropout = 1; }) ==
          "seq2seq.dropout: out of range: expected at least 0 and less than 1, found 1");

    const auto complaint = [](std::vector<Id> source, std::vector<Id> target) {
        seq2seq::HostPairs pairs;
        const std::vector<Id> fine{3};
        try {
            pairs.add(fine, fine, 0);
            pairs.add(source, target, 1);
            pairs.finish(29);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    CHECK(complaint({1}, {28}) == "no error");
    CHECK(complaint({}, {1}) == "pair 1: no source: expected a token or more, found none");
    CHECK(complaint({1}, {}) == "pair 1: no target: expected a token or more, found none");
    CHECK(complaint({1, 29}, {1}) == "pair 1, source: no such token: expected 0 to 28, found 29");
    CHECK(complaint({1}, {-1}) == "pair 1, target: no such token: expected 0 to 28, found -1");
}
