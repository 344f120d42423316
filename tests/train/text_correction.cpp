// SPDX-License-Identifier: Apache-2.0
// The language model's adapter learns through the texts of items: its gradient, gathered over batches and
// carried through the layers a few texts at a time, against difference quotients of the loss.
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include <coco/host/host.hpp>
#include <coco/train/text_correction.hpp>

#include "conformance/numbers.hpp"
#include "train/wordy_shop.hpp"

using namespace coco;
using test::Learner;
using test::WordyShop;

namespace {

using P = BasicHost<double>;
using Numbers = std::vector<double>;
using Lines = llm::AdaptedLines<P>;

struct Scene {
    WordyShop shop;
    std::shared_ptr<P> on = std::make_shared<P>(1);
    std::vector<sampling::Sample> samples = sampling::newest(shop.split.train, 20);
    TextCorrection<P> correction;
    TrainedModel<Learner, P> learner;

    /// \param tokens  in a pass of the language model
    explicit Scene(Index tokens = 4096, bool rewritten = true)
        : correction(on, lines(tokens), 8), learner(made(rewritten)) {
        const auto set = [&](const char* name, const Numbers& x) {
            on->upload(x.data(), learner.parameters->list(tensor(name)));
        };
        const auto drawn = [&](const char* name, std::uint64_t seed, double scale) {
            set(name, conformance::normals(tensor(name).size(), seed, scale));
        };
        set("channel.lambda", {3.0});
        drawn("item", 5, 0.4);
        drawn("item_word", 6, 0.1);
        drawn("item_columns_map", 7, 0.1);
        // Where LoRA starts, half of it has no gradient.
        for (const Tensor& t : correction.lines().layout().tensors())
            if (t.ref.block != ParameterBlock::frozen) put(t.ref, conformance::normals(t.ref.size(), 8, 0.3));
    }

    const TensorRef& tensor(const char* name) const { return learner.model->layout().tensor(name).ref; }
    TrainedModel<Learner, P> made(bool rewritten) const {
        auto config = shop.learner().model;
        config.behaviour.items.rewritten = rewritten;
        config.behaviour.items.columns = 8;
        config.behaviour.items.kappa = [](std::span<float> x) { std::fill(x.begin(), x.end(), 1.0f); };
        const auto model = std::make_shared<const Learner>(config, shop.data.catalogue.size());
        Sampling sampling;
        sampling.window = 20;
        return {on, model, std::make_shared<Parameters<P>>(*on, model->layout(), 3),
                BatchBuilder(sampling, shop.data.catalogue.size()), nullptr};
    }
    std::unique_ptr<Lines> lines(Index tokens) {
        return std::make_unique<Lines>(on, shop.language, shop.tokens, adapter::LoRA::Config{.rank = 2}, 1,
                                       tokens);
    }
    void put(const TensorRef& ref, const Numbers& x) {
        on->upload(x.data(), correction.lines().parameters().list(ref));
    }
    /// The columns that the adapter gives now, and the loss with them.
    GatheredGradient<double> gathered() {
        const Numbers kappa =
            correction.space().read(std::span<const double>(vectors = correction.lines().vectors()));
        on->upload(kappa.data(), learner.parameters->list(tensor("item_kappa")));
        return gather_columns_gradient(learner, shop.split.train, samples, 64);
    }
    Numbers gradient() {
        const auto g = gathered();
        Gradients<P> gradients(*on, correction.lines().layout());
        gradients.zero(*on);
        const Numbers d =
            correction.space().backward(std::span<const double>(vectors), std::span<const double>(g.kappa));
        correction.lines().backward(d, gradients);
        Numbers all;
        for (const Tensor& t : correction.lines().layout().tensors()) {
            if (t.ref.block == ParameterBlock::frozen) continue;
            const Numbers part = conformance::downloaded<P>(*on, CRows<P>(gradients.view(t.ref)));
            all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    }

    Numbers vectors;
};

}  // namespace

TEST_CASE("text correction: the gathered gradient of the adapter is the slope of the loss", "[correction]") {
    Scene scene;
    const auto g = scene.gathered();
    CHECK(g.targets == static_cast<Index>(scene.samples.size()));
    CHECK(g.agreed > 0);
    CHECK(g.agreed < g.targets);
    const Numbers whole = scene.gradient();
    std::size_t at = 0;
    for (const Tensor& t : scene.correction.lines().layout().tensors()) {
        if (t.ref.block == ParameterBlock::frozen) continue;
        const Numbers part(
            whole.begin() + static_cast<std::ptrdiff_t>(at),
            whole.begin() + static_cast<std::ptrdiff_t>(at + static_cast<std::size_t>(t.ref.size())));
        at += part.size();
        CHECK(conformance::length(part) > 0);
        const Numbers before =
            values_of(*scene.on, std::as_const(scene.correction.lines().parameters()), t.ref);
        // M jumps where a target is near its border, so that the steps are small and few.
        for (std::uint64_t k = 0; k < 3; ++k) {
            Numbers u = conformance::normals(t.ref.size(), 70 + k);
            const double size = conformance::length(u);
            const auto loss = [&](double step) {
                Numbers x = before;
                for (std::size_t i = 0; i < x.size(); ++i) x[i] += step * u[i] / size;
                scene.put(t.ref, x);
                return scene.gathered().loss;
            };
            const double slope = (loss(1e-5) - loss(-1e-5)) / 2e-5;
            double ours = 0;
            for (std::size_t i = 0; i < u.size(); ++i) ours += part[i] * u[i] / size;
            INFO(t.name << ", direction " << k);
            CHECK(ours == Approx(slope).epsilon(1e-5).margin(1e-5 * conformance::length(part)));
        }
        scene.put(t.ref, before);
    }
}

TEST_CASE("text correction: however few texts a pass reads, the gradient is the same", "[correction]") {
    Scene whole, parts(9);
    const Numbers a = whole.gradient(), b = parts.gradient();
    CHECK(conformance::distance(a, b) <= 1e-12 * conformance::length(a));
}

TEST_CASE("text correction: a refresh moves the adapter, and the learner has the new columns",
          "[correction]") {
    Scene scene;
    CHECK_THROWS_WITH(scene.correction.refresh(scene.learner, scene.shop.split.train, scene.samples, 1e-5),
                      Catch::Contains("text correction: the adapter has changed since it read the texts"));
    scene.correction.read();
    const std::string before = scene.correction.lines().digest();
    // So small a step that M stays as it is for every target.
    const auto step = [&] {
        return scene.correction.refresh(scene.learner, scene.shop.split.train, scene.samples, 1e-5, 64);
    };
    const auto first = step();
    CHECK(scene.correction.lines().digest() != before);
    CHECK(values_of(*scene.on, std::as_const(*scene.learner.parameters), scene.tensor("item_kappa")) ==
          scene.correction.kappa());
    const auto second = step();
    CHECK(second.agreed == first.agreed);
    CHECK(second.loss < first.loss);
    // An item without text has no columns, and columns that are given no gradient.
    CHECK(scene.shop.tokens[3].empty());
    const auto kappa = scene.correction.kappa();
    for (std::size_t j = 0; j < 8; ++j) CHECK(kappa[3 * 8 + j] == 0);
    Scene given(4096, false);
    CHECK_THROWS_WITH(gather_columns_gradient(given.learner, given.shop.split.train, given.samples),
                      Catch::Contains("text correction: these columns have no gradient"));
    CHECK_THROWS_WITH(given.correction.write(given.learner),
                      Catch::Contains("text correction: these columns have no gradient"));
    CHECK_THROWS_WITH(gather_columns_gradient(scene.learner, scene.shop.split.train, scene.samples, 0),
                      Catch::Contains("text correction: batch: too small"));
    std::vector<std::vector<Id>> wrong(1, std::vector<Id>{1 << 20});
    CHECK_THROWS_AS(Lines(scene.on, scene.shop.language, wrong), Error);
}
