// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>

#include <coco/backbone/pinnerformer.hpp>
#include <coco/io/safetensors.hpp>
#include <coco/items/tower.hpp>
#include <coco/loss/sampled_softmax.hpp>

#include "conformance/backbone.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using backbone::PinnerFormer;
using P = conformance::PolicyUnderTest<double>;

namespace {

PinnerFormer::Config small() {
    PinnerFormer::Config config;
    config.encoder.width = 8;
    config.encoder.hidden = 12;
    config.encoder.dropout = config.encoder.attention_dropout = 0.2;
    config.encoder.epsilon = 1e-5;
    config.window = 17;
    config.output_hidden = 10;
    return config;
}

/// A tensor of the fixture, of any shape.
template <class T>
std::vector<T> all_of(const io::Safetensors& file, const std::string& name) {
    const auto values = file.get<T>(name, file.tensor(name).shape);
    return {values.begin(), values.end()};
}

/// tests/fixtures/pinnerformer_reference.py: PyTorch 2 in double, one history at a time, newest item first.
struct Reference {
    static constexpr Index items = 23, width = 8;

    io::Safetensors file{COCO_TEST_DIR "/fixtures/pinnerformer_reference.safetensors"};
    std::vector<Id> target = ids("target"), negative = ids("negative"), weight = ids("target_weight"),
                    negative_weight = ids("negative_weight");
    std::vector<conformance::History> people;
    Index rows = static_cast<Index>(target.size());

    Reference() {
        const std::vector<Id> history = ids("history");
        auto first = history.begin();
        for (const Id length : ids("length")) {
            people.push_back({std::vector<Id>(first, first + length), static_cast<Id>(people.size())});
            first += length;
        }
    }
    std::vector<Id> ids(const char* name) const { return all_of<std::int32_t>(file, name); }
    std::vector<double> numbers(const std::string& name) const { return all_of<double>(file, name); }
};

/// The reference's model with the reference's weights, and one step of it.
struct Trial {
    Reference reference;
    ParameterLayout layout;
    items::Tower tower;
    PinnerFormer model;
    loss::SampledSoftmax objective;
    P on = conformance::policy<P>(2);
    Workspace<P> work{on};
    Parameters<P> parameters{on, layout, 1};
    Gradients<P> gradients{on, layout};
    conformance::Numbers vectors, h;

    Trial()
        : tower(layout, tower_config(), Reference::items, Reference::width),
          model(layout, config()),
          objective({.negatives = 5, .log_q = loss::LogQ::all}) {
        for (const Tensor& t : layout.tensors())
            on.upload(reference.numbers("weight." + t.name).data(), parameters.list(t.ref));
    }
    static items::Tower::Config tower_config() {
        items::Tower::Config config;
        config.hidden = 9;
        return config;
    }
    static PinnerFormer::Config config() {
        PinnerFormer::Config config = small();
        config.encoder.dropout = config.encoder.attention_dropout = 0;
        config.encoder.epsilon = 1e-12;
        config.window = 6;
        return config;
    }

    /// The loss; the gradients are those of this step alone.
    double step() {
        work.reset();
        gradients.zero(on);
        Context<P> ctx = parameters.context(on, work);
        gradients.attach(ctx);
        ctx.training = true;
        const Sequence<P> sequence = conformance::sequence(on, work, reference.people, Reference::items, 6);
        const auto items = tower.forward(ctx);
        const auto matrix = [&] { return work.keep(reference.rows, Reference::width); };
        const Rows<P> x = matrix(), dh = matrix(), dx = matrix();
        nn::gather<P>(on, items.vectors, sequence.item, x);
        const auto saved = model.forward(ctx, sequence, CRows<P>(x));
        vectors = conformance::downloaded<P>(on, items.vectors);
        h = conformance::downloaded<P>(on, saved.h);

        Targets<P> targets;
        targets.item = conformance::ids(on, work, reference.target);
        targets.by_item = conformance::inverse(on, work, reference.target, Reference::items);
        targets.shared = conformance::ids(on, work, reference.negative);
        targets.by_shared = conformance::inverse(on, work, reference.negative, Reference::items);
        targets.item_weight = conformance::ids(on, work, reference.weight);
        targets.shared_weight = conformance::ids(on, work, reference.negative_weight);
        targets.shared_total = reference.ids("total")[0];
        const Rows<P> loss = conformance::uploaded(on, work, {0.0}, {1, 1});
        objective.step(ctx, saved.h, items.vectors, targets, 1, loss.data, dh, items.gradient);
        model.backward(ctx, sequence, saved, CRows<P>(dh), dx);
        nn::scatter<P>(on, CRows<P>(dx), sequence.by_item, items.gradient);
        tower.backward(ctx, items);
        return conformance::downloaded<P>(on, CRows<P>(loss))[0];
    }
};

}  // namespace

TEST_CASE("PinnerFormer passes the conformance test of a backbone", "[pinnerformer]") {
    conformance::backbone<PinnerFormer>(small());
}

TEST_CASE("PinnerFormer's rows, loss and gradients equal PyTorch's, with its item tower", "[pinnerformer]") {
    Trial trial;
    const Reference& reference = trial.reference;
    CHECK(reference.file.tensors().size() == 2 * trial.layout.tensors().size() + 10);
    CHECK(trial.step() == Approx(reference.numbers("losses")[0]).epsilon(1e-12));
    CHECK(conformance::distance(trial.vectors, reference.numbers("vectors")) < 1e-10);
    CHECK(conformance::distance(trial.h, reference.numbers("h")) < 1e-10);
    for (const Tensor& t : trial.layout.tensors()) {
        INFO(t.name);
        const conformance::Numbers expected = reference.numbers("gradient." + t.name);
        CHECK(conformance::length(expected) > 0);
        CHECK(conformance::distance(
                  conformance::downloaded<P>(trial.on, CRows<P>(trial.gradients.view(t.ref))), expected) <
              1e-10);
    }
}

TEST_CASE("twenty Adam steps of PinnerFormer have PyTorch's losses", "[pinnerformer]") {
    Trial trial;
    Gradients<P> first(trial.on, trial.layout), second(trial.on, trial.layout);
    AdamWStep settings;
    settings.rate = 1e-2;
    settings.step = 0;
    for (const double expected : trial.reference.numbers("losses")) {
        CHECK(trial.step() == Approx(expected).epsilon(1e-10));
        ++settings.step;
        for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table}) {
            const AdamWRange<P> range{settings, trial.parameters.block(block).list(),
                                      std::as_const(trial.gradients).block(block).list(),
                                      first.block(block).list(), second.block(block).list()};
            trial.on.adamw({&range, 1}, nullptr);
        }
    }
    CHECK(settings.step == 20);
}

TEST_CASE("PinnerFormer's rows have the length 1 / tau, and tau stays above its bound", "[pinnerformer]") {
    Trial trial;
    const TensorRef sharpness = trial.layout.tensor("pinnerformer.sharpness").ref;
    for (const double s : {-1.0, 0.0, 2.0, 60.0}) {
        trial.on.upload(&s, trial.parameters.list(sharpness));
        trial.step();
        const double tau = 0.01 + 0.09 * std::exp(-s);
        for (Index row = 0; row < trial.reference.rows; ++row) {
            const auto at = trial.h.begin() + row * Reference::width;
            CHECK(conformance::length({at, at + Reference::width}) == Approx(1 / tau).epsilon(1e-12));
        }
    }
}

TEST_CASE("PinnerFormer: settings out of range are errors", "[pinnerformer]") {
    const auto message = [](auto change) {
        PinnerFormer::Config config = small();
        change(config);
        ParameterLayout layout;
        try {
            const PinnerFormer model(layout, config);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    CHECK(message([](auto& c) { c.window = 0; }) ==
          "pinnerformer.window: out of range: expected at least 1, found 0");
    CHECK(message([](auto& c) { c.output_hidden = 0; }) ==
          "pinnerformer.output_hidden: out of range: expected at least 1, found 0");
    CHECK(message([](auto& c) { c.temperature = 0.01; }) ==
          "pinnerformer.temperature: out of range: expected more than 0.01 and at most 1000, found 0.01");
    CHECK(message([](auto& c) { c.encoder.init = 0; }) ==
          "pinnerformer.encoder.init: rows of zeros have no direction: expected more than 0, found 0");
    CHECK(message([](auto& c) { c.encoder.heads = 3; }) ==
          "encoder.heads: does not divide the width: expected a divisor of 8, found 3");
}
