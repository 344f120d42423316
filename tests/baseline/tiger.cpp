// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>
#include <functional>

#include <coco/baseline/tiger/tiger.hpp>
#include <coco/io/safetensors.hpp>

#include "conformance/model.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using baseline::TIGER;
using P = conformance::PolicyUnderTest<double>;

namespace {

std::shared_ptr<const quantize::SemanticIds> ids_of(const std::vector<Id>& codes, Index levels, Index size) {
    const std::vector<Index> sizes(static_cast<std::size_t>(levels), size);
    return std::make_shared<const quantize::SemanticIds>(codes, sizes);
}

TIGER::Config tiny(Index items, double dropout) {
    RandomStream random(4);
    std::vector<Id> codes;
    for (Index i = 0; i < 2 * items; ++i) codes.push_back(static_cast<Id>(random.below(3)));
    TIGER::Config config;
    config.network = {.width = 8,
                      .heads = 2,
                      .head = 5,
                      .hidden = 12,
                      .encoder_layers = 2,
                      .decoder_layers = 2,
                      .buckets = 8,
                      .max_distance = 12,
                      .dropout = dropout};
    config.window = 5;
    config.beam = 3;
    config.ids = ids_of(codes, 2, 3);
    return config;
}

/// tests/fixtures/tiger_reference.py: transformers' T5 in double, one sample at a time.
struct Reference {
    static constexpr Index items = 9, window = 3;
    io::Safetensors file{COCO_TEST_DIR "/fixtures/tiger_reference.safetensors"};
    TIGER model;
    P on = conformance::policy<P>(2);
    Workspace<P> work{on};
    Parameters<P> parameters{on, model.layout(), 1};
    Gradients<P> gradients{on, model.layout()};
    data::Interactions people;
    BatchBuilder builder;

    Reference() : model(config(), items), builder(sampling(), items) {
        for (const Tensor& t : model.layout().tensors())
            on.upload(numbers("weight." + t.name).data(), parameters.list(t.ref));
        const std::vector<Id> all = ids("history");
        auto first = all.begin();
        for (const Id length : ids("length")) {
            people.add(std::vector<Id>(first, first + length));
            first += length;
        }
    }
    TIGER::Config config() const {
        TIGER::Config c = tiny(items, 0);
        c.window = window;
        c.beam = 0;
        c.ids = ids_of(ids("codes"), 2, 3);
        return c;
    }
    static Sampling sampling() {
        Sampling s;
        s.window = window;
        return s;
    }
    std::vector<double> numbers(const std::string& name) const {
        const auto values = file.get<double>(name, file.tensor(name).shape);
        return {values.begin(), values.end()};
    }
    std::vector<Id> ids(const std::string& name) const {
        const auto values = file.get<std::int32_t>(name, file.tensor(name).shape);
        return {values.begin(), values.end()};
    }
    double step(const HostBatch& b) {
        work.reset();
        gradients.zero(on);
        Context<P> ctx = parameters.context(on, work);
        gradients.attach(ctx);
        ctx.training = true;
        const Rows<P> metrics = conformance::uploaded(
            on, work, conformance::Numbers(StepMetrics::entries, 0.0), {1, StepMetrics::entries});
        model.step(ctx, upload(ctx, b), TrainingStage::behaviour, metrics.data);
        return conformance::downloaded<P>(on, CRows<P>(metrics))[StepMetrics::rec];
    }
};

}  // namespace

TEST_CASE("TIGER passes the conformance test of a model", "[tiger]") {
    conformance::model<TIGER>(tiny(conformance::ModelTrial<TIGER>::items, 0.2));
}

TEST_CASE("TIGER's losses over twenty Adam steps equal those of transformers' T5", "[tiger]") {
    Reference reference;
    HostBatch b;
    reference.builder.behaviour(b, reference.people,
                                sampling::every_prefix(reference.people, Reference::window), nullptr, 3, 1);
    Gradients<P> first(reference.on, reference.model.layout()),
        second(reference.on, reference.model.layout());
    AdamWStep settings;
    settings.rate = 1e-2;
    settings.step = 0;
    for (const double expected : reference.numbers("losses")) {
        CHECK(reference.step(b) == Approx(expected).epsilon(1e-10));
        ++settings.step;
        constexpr auto dense = ParameterBlock::dense;
        const AdamWRange<P> range{settings, reference.parameters.block(dense).list(),
                                  std::as_const(reference.gradients).block(dense).list(),
                                  first.block(dense).list(), second.block(dense).list()};
        reference.on.adamw({&range, 1}, nullptr);
    }
    CHECK(settings.step == 20);
}

TEST_CASE("TIGER scores every item as transformers' T5 does", "[tiger]") {
    Reference reference;
    HostBatch b;
    for (Id user = 0; user < static_cast<Id>(reference.people.users()); ++user)
        reference.builder.add_history(b, user, reference.people.of(user), no_id, nullptr);
    Context<P> ctx = reference.parameters.context(reference.on, reference.work);
    const auto all = conformance::best_list<P>(ctx, reference.model.score(ctx, upload(ctx, b)), b.targets(),
                                               Reference::items, {});
    const std::vector<double> expected = reference.numbers("scores");
    REQUIRE(all.item.size() == expected.size());
    for (std::size_t k = 0; k < all.item.size(); ++k) {
        const std::size_t user = k / std::size_t{Reference::items};
        CHECK(all.score[k] ==
              Approx(expected[user * std::size_t{Reference::items} + static_cast<std::size_t>(all.item[k])])
                  .epsilon(1e-10));
    }
}

TEST_CASE("TIGER: settings out of range and ids of other items are errors", "[tiger]") {
    const auto message = [](auto change) {
        TIGER::Config config = tiny(20, 0);
        change(config);
        try {
            const TIGER model(config, 20);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    CHECK(message([](auto&) {}) == "no error");
    CHECK(message([](auto& c) { c.ids = {}; }) ==
          "tiger.ids: missing: expected the semantic ids of all items, found none");
    CHECK(message([](auto& c) { c.ids = tiny(19, 0).ids; }) ==
          "tiger.ids: not those of the catalogue: expected 20 items, found 19");
    CHECK(message([](auto& c) { c.window = 0; }) ==
          "tiger.window: out of range: expected at least 1, found 0");
    CHECK(message([](auto& c) { c.beam = -1; }) == "tiger.beam: out of range: expected at least 0, found -1");
    CHECK(message([](auto& c) { c.network.width = 0; }) ==
          "tiger.network.width: out of range: expected at least 1, found 0");
}
