// SPDX-License-Identifier: Apache-2.0
// AdamW against the algorithm written out in double, and parameter groups that are closed (not updated).
#include <catch2/catch.hpp>

#include <coco/host/host.hpp>
#include <coco/train/adamw.hpp>
#include <coco/train/clip.hpp>

using namespace coco;
using P = BasicHost<double>;

namespace {

struct Model {
    ParameterLayout layout;
    TensorRef weight, bias, other;

    Model() {
        layout.group("one");
        weight = layout.claim("weight", 3, 5, Init::normal(1), Decay::yes);
        bias = layout.claim("bias", 1, 5, Init::normal(1));
        layout.group("two");
        other = layout.claim("other", 2, 2, Init::normal(1), Decay::yes);
    }
};

std::vector<double> numbers(P& on, List<const double, space::Host> list) {
    std::vector<double> out(static_cast<std::size_t>(list.size));
    on.download(list, out.data());
    return out;
}

}  // namespace

TEST_CASE("AdamW: three steps equal algorithm 2 of the paper, clipping included", "[adamw]") {
    P on(1);
    const Model model;
    AdamWConfig config;
    config.decay = 0.1;
    config.clip = 0.5;
    Parameters<P> values(on, model.layout, 3);
    Gradients<P> gradients(on, model.layout);
    AdamW<P> optimizer(on, model.layout, config);
    Clip<P> clipped(on, model.layout, config.clip);

    std::vector<double> x = numbers(on, values.block(ParameterBlock::dense).list()), m(x.size()), v(x.size());
    const std::vector<double> rates{1e-2, 3e-2};
    for (int step = 1; step <= 3; ++step) {
        double squares = 0;
        std::vector<double> g(x.size(), 0);
        for (const Tensor& t : model.layout.tensors())
            for (Index i = t.ref.at; i < t.ref.at + t.ref.size(); ++i) {
                g[static_cast<std::size_t>(i)] = std::sin(static_cast<double>(i * step + 1));
                squares += g[static_cast<std::size_t>(i)] * g[static_cast<std::size_t>(i)];
            }
        on.upload(g.data(), gradients.block(ParameterBlock::dense).list());
        optimizer.step(on, {values, gradients, rates, clipped(on, gradients, rates, {}, step)});
        const double clip = std::sqrt(squares) > config.clip ? config.clip / std::sqrt(squares) : 1;
        for (const Tensor& t : model.layout.tensors())
            for (Index at = t.ref.at; at < t.ref.at + t.ref.size(); ++at) {
                const std::size_t i = static_cast<std::size_t>(at);
                const double rate = rates[static_cast<std::size_t>(t.group)];
                m[i] = config.beta1 * m[i] + (1 - config.beta1) * clip * g[i];
                v[i] = config.beta2 * v[i] + (1 - config.beta2) * clip * clip * g[i] * g[i];
                const double first = m[i] / (1 - std::pow(config.beta1, step));
                const double second = v[i] / (1 - std::pow(config.beta2, step));
                const double decay = t.decay == Decay::yes ? config.decay : 0;
                x[i] -= rate * (first / (std::sqrt(second) + config.epsilon) + decay * x[i]);
            }
        const std::vector<double> got = numbers(on, values.block(ParameterBlock::dense).list());
        for (std::size_t i = 0; i < x.size(); ++i) CHECK(got[i] == Approx(x[i]).margin(1e-13));
    }
    CHECK(optimizer.steps() == std::vector<std::int64_t>{3, 3});
}

TEST_CASE("AdamW: a closed group keeps its values, moments and step count", "[adamw]") {
    P on(1);
    const Model model;
    Parameters<P> values(on, model.layout, 3);
    Gradients<P> gradients(on, model.layout);
    AdamW<P> optimizer(on, model.layout, {});
    on.fill(gradients.block(ParameterBlock::dense).list(), 0.3);
    const std::vector<double> both{1e-2, 1e-2}, one{1e-2, 0};
    optimizer.step(on, {values, gradients, both});
    const std::vector<double> before = numbers(on, values.block(ParameterBlock::dense).list());
    const std::vector<double> moments = numbers(on, optimizer.state(0).block(ParameterBlock::dense).list());
    optimizer.step(on, {values, gradients, one});
    const std::vector<double> after = numbers(on, values.block(ParameterBlock::dense).list());
    const std::vector<double> moments_after =
        numbers(on, optimizer.state(0).block(ParameterBlock::dense).list());
    for (Index i = 0; i < model.layout.size(ParameterBlock::dense); ++i) {
        const std::size_t k = static_cast<std::size_t>(i);
        if (i >= model.other.at) {
            CHECK(before[k] == after[k]);
            CHECK(moments[k] == moments_after[k]);
        } else if (i < model.weight.size()) {
            CHECK(before[k] != after[k]);
        }
    }
    CHECK(optimizer.steps() == std::vector<std::int64_t>{2, 1});
}
