// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/backbone/fdsa.hpp>
#include <coco/io/safetensors.hpp>
#include <coco/pipeline/sequential_recommender.hpp>

#include "conformance/backbone.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using backbone::FDSA;
using P = conformance::PolicyUnderTest<double>;
using conformance::History;
using conformance::Numbers;

namespace {

using Bag = std::vector<Id>;

/// A field of as many items as there are bags.
std::shared_ptr<const nn::Bags> field(const std::vector<Bag>& bags, Index values) {
    return std::make_shared<const nn::Bags>(bags, values);
}

/// Bags of `size` values at most; every seventh item has none.
std::shared_ptr<const nn::Bags> drawn_field(Index items, Index values, std::uint32_t size,
                                            std::uint64_t seed) {
    RandomStream random(seed, 0xFD5A);
    std::vector<Bag> bags(static_cast<std::size_t>(items));
    for (std::size_t i = 0; i < bags.size(); ++i)
        for (std::uint32_t n = i % 7 == 3 ? 0 : random.below(size + 1); n > 0; --n)
            bags[i].push_back(static_cast<Id>(random.below(static_cast<std::uint32_t>(values))));
    return field(bags, values);
}

FDSA::Config small(const backbone::Fields& fields) {
    FDSA::Config config;
    config.encoder.width = 8;
    config.encoder.hidden = 12;
    config.encoder.dropout = config.encoder.attention_dropout = 0.2;
    config.encoder.epsilon = 1e-5;
    config.window = 17;
    config.features = fields;
    config.texts = backbone::digest_of(fields);
    return config;
}
/// Three fields of 40 items.
FDSA::Config small() {
    return small({drawn_field(40, 5, 1, 1), drawn_field(40, 9, 4, 2), drawn_field(40, 30, 10, 3)});
}
FDSA::Config without_dropout(FDSA::Config config) {
    config.encoder.dropout = config.encoder.attention_dropout = 0;
    return config;
}

/// A tensor of the fixture, of any shape.
template <class T>
std::vector<T> all_of(const io::Safetensors& file, const std::string& name) {
    const auto values = file.get<T>(name, file.tensor(name).shape);
    return {values.begin(), values.end()};
}

/// A model with random weights on histories of any ids.
struct Trial {
    Trial(const FDSA::Config& config, Index item_count)
        : items(item_count),
          window(config.window),
          table(layout, {}, items, config.width()),
          model(layout, config),
          on(conformance::policy<P>(2)),
          work(on),
          parameters(on, layout, 1),
          gradients(on, layout) {
        for (const Tensor& t : layout.tensors()) set(t, conformance::normals(t.ref.size(), t.stream, 0.4));
    }

    void set(const Tensor& t, const Numbers& x) { on.upload(x.data(), parameters.list(t.ref)); }
    Context<P> begin(bool training = true) {
        work.reset();
        gradients.zero(on);
        Context<P> ctx = parameters.context(on, work);
        gradients.attach(ctx);
        ctx.training = training;
        return ctx;
    }
    Numbers rows_of(const std::vector<History>& people, bool training = true) {
        Context<P> ctx = begin(training);
        const Sequence<P> sequence = conformance::sequence(on, work, people, items, window);
        const Rows<P> x = work.keep(sequence.item.size, table.vectors().cols);
        nn::gather<P>(on, ctx.value(table.vectors()), sequence.item, x);
        return conformance::downloaded<P>(on, model.forward(ctx, sequence, CRows<P>(x)).h);
    }
    /// Mean cross-entropy of each row's target; gradients are those of it.
    double loss(const std::vector<History>& people, const std::vector<Id>& target, Numbers* h = nullptr) {
        Context<P> ctx = begin();
        const Sequence<P> sequence = conformance::sequence(on, work, people, items, window);
        const auto vectors = table.forward(ctx);
        const Index rows = sequence.item.size, width = vectors.vectors.cols;
        const Rows<P> x = work.keep(rows, width), dh = work.keep(rows, width), dx = work.keep(rows, width);
        nn::gather<P>(on, vectors.vectors, sequence.item, x);
        const auto saved = model.forward(ctx, sequence, CRows<P>(x));
        if (h) *h = conformance::downloaded<P>(on, saved.h);
        Targets<P> targets;
        targets.item = conformance::ids(on, work, target);
        const Rows<P> sum = conformance::uploaded(on, work, {0.0}, {1, 1});
        loss::CrossEntropy::step(ctx, saved.h, vectors.vectors, targets, 1, sum.data, dh, vectors.gradient);
        model.backward(ctx, sequence, saved, CRows<P>(dh), dx);
        nn::scatter<P>(on, CRows<P>(dx), sequence.by_item, vectors.gradient);
        return conformance::downloaded<P>(on, sum)[0];
    }
    Numbers gradient(const Tensor& t) {
        return conformance::downloaded<P>(on, CRows<P>(gradients.view(t.ref)));
    }

    Index items, window;
    ParameterLayout layout;
    items::Table table;
    FDSA model;
    P on;
    Workspace<P> work;
    Parameters<P> parameters;
    Gradients<P> gradients;
};

}  // namespace

TEST_CASE("FDSA passes the conformance test of a backbone, of three fields and of one", "[fdsa]") {
    conformance::backbone<FDSA>(small());
    if (conformance::too_long_emulated()) return;
    conformance::backbone<FDSA>(small({drawn_field(40, 9, 4, 2)}));
}

TEST_CASE("FDSA's rows, loss, gradients and 20 steps of Adam equal PyTorch's", "[fdsa]") {
    // tests/fixtures/fdsa_reference.py: PyTorch 2 in double, one history at a time.
    const io::Safetensors file(COCO_TEST_DIR "/fixtures/fdsa_reference.safetensors");
    const auto values = all_of<std::int32_t>(file, "values");
    backbone::Fields fields;
    for (std::size_t k = 0; k < values.size(); ++k) {
        std::vector<Bag> bags;
        const auto all = all_of<std::int32_t>(file, text_of("bag", k));
        auto at = all.begin();
        for (const std::int32_t size : all_of<std::int32_t>(file, text_of("size", k))) {
            bags.emplace_back(at, at + size);
            at += size;
        }
        fields.push_back(field(bags, values[k]));
    }
    FDSA::Config config = without_dropout(small(fields));
    config.encoder.epsilon = 1e-12;
    config.window = 6;
    Trial trial(config, 23);
    const auto& tensors = trial.layout.tensors();
    CHECK(file.tensors().size() == 2 * tensors.size() + 7 + 2 * fields.size());
    for (const Tensor& t : tensors) trial.set(t, all_of<double>(file, "weight." + t.name));

    std::vector<History> people;
    const auto history = all_of<std::int32_t>(file, "history"), target = all_of<std::int32_t>(file, "target");
    auto at = history.begin();
    for (const std::int32_t length : all_of<std::int32_t>(file, "length")) {
        people.push_back({Bag(at, at + length), static_cast<Id>(people.size())});
        at += length;
    }
    Numbers h;
    CHECK(trial.loss(people, target, &h) == Approx(all_of<double>(file, "loss")[0]).epsilon(1e-12));
    CHECK(conformance::distance(h, all_of<double>(file, "h")) < 1e-10);
    for (const Tensor& t : tensors) {
        INFO(t.name);
        const Numbers expected = all_of<double>(file, "gradient." + t.name);
        CHECK(conformance::length(expected) > 0);
        CHECK(conformance::distance(trial.gradient(t), expected) < 1e-10);
    }

    Gradients<P> first(trial.on, trial.layout), second(trial.on, trial.layout);
    AdamWStep step;
    step.rate = 1e-2;
    for (const double expected : all_of<double>(file, "losses")) {
        INFO("step " << step.step);
        CHECK(trial.loss(people, target) == Approx(expected).epsilon(1e-9));
        for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table}) {
            const AdamWRange<P> range{step, trial.parameters.block(block).list(),
                                      std::as_const(trial.gradients).block(block).list(),
                                      first.block(block).list(), second.block(block).list()};
            trial.on.adamw({&range, 1}, nullptr);
        }
        ++step.step;
    }
}

TEST_CASE("FDSA: a later item's features do not reach earlier rows", "[fdsa]") {
    Trial trial(small(), 40);
    const Numbers before = trial.rows_of({{{4, 5, 6, 7}, 0}}), after = trial.rows_of({{{4, 5, 8, 9}, 0}});
    CHECK(Numbers(before.begin(), before.begin() + 16) == Numbers(after.begin(), after.begin() + 16));
    CHECK(before != after);
}

TEST_CASE("FDSA: features count", "[fdsa]") {
    // Items 1 and 2 have equal vectors; 1 and 0 equal bags.
    FDSA::Config config = without_dropout(small({field({{0}, {0}, {1, 2}}, 3), field({{}, {}, {1}}, 2)}));
    Trial trial(config, 3);
    Numbers vectors = conformance::normals(24, 5);
    std::copy_n(vectors.begin() + 8, 8, vectors.begin() + 16);
    trial.set(trial.layout.tensor("item"), vectors);
    CHECK(trial.rows_of({{{1}, 0}}) != trial.rows_of({{{2}, 0}}));
    std::copy_n(vectors.begin(), 8, vectors.begin() + 8);
    trial.set(trial.layout.tensor("item"), vectors);
    CHECK(trial.rows_of({{{1}, 0}}) == trial.rows_of({{{0}, 0}}));
}

TEST_CASE("FDSA: an item without values and a row without an item have the feature vector zero", "[fdsa]") {
    FDSA::Config config = without_dropout(small({field({{0}, {}, {1}}, 3), field({{1}, {}, {}}, 2)}));
    Trial trial(config, 3);
    Numbers vectors = conformance::normals(24, 5);
    std::fill_n(vectors.begin() + 8, 8, 0.0);
    trial.set(trial.layout.tensor("item"), vectors);
    // With item vectors of zero as well the two cannot be told apart.
    const std::vector<History> nothing{{{0, 1, 2}, 0}}, missing{{{0, no_id, 2}, 0}};
    CHECK(trial.rows_of(nothing) == trial.rows_of(missing));

    // Values of zero give all items the features of item 1.
    for (const char* name : {"fdsa.value0", "fdsa.value1"}) {
        const Tensor& t = trial.layout.tensor(name);
        trial.set(t, Numbers(static_cast<std::size_t>(t.ref.size()), 0.0));
    }
    std::copy_n(vectors.begin(), 8, vectors.begin() + 8);
    trial.set(trial.layout.tensor("item"), vectors);
    CHECK(trial.rows_of({{{1}, 0}}) == trial.rows_of({{{0}, 0}}));

    // It gives values no gradient.
    const auto gradient = [&](const std::vector<History>& people, const char* name) {
        trial.loss(people, {2});
        return trial.gradient(trial.layout.tensor(name));
    };
    CHECK(conformance::length(gradient({{{1}, 0}}, "fdsa.value0")) == 0);
    CHECK(conformance::length(gradient({{{no_id}, 0}}, "fdsa.value0")) == 0);
    const Numbers of_zero = gradient({{{0}, 0}}, "fdsa.value0");
    CHECK(conformance::length(of_zero) > 0);
    CHECK(conformance::length(Numbers(of_zero.begin() + 8, of_zero.end())) == 0);
}

TEST_CASE("FDSA: nothing is dropped outside training", "[fdsa]") {
    Trial trial(small(), 40), fixed(without_dropout(small()), 40);
    const std::vector<History> people{{{4, 5, 6}, 0}, {{7}, 1}};
    CHECK(trial.rows_of(people, false) == fixed.rows_of(people));
    CHECK(trial.rows_of(people) != fixed.rows_of(people));
}

TEST_CASE("FDSA: settings and features that do not fit are errors", "[fdsa]") {
    const auto message = [](FDSA::Config config) -> std::string {
        ParameterLayout layout;
        try {
            const FDSA model(layout, config);
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    };
    FDSA::Config config = small();
    CHECK(message(config).empty());
    config.window = 0;
    CHECK(message(config) == "fdsa.window: out of range: expected at least 1, found 0");
    CHECK(message(FDSA::Config{}) ==
          "fdsa.features: none given: expected at least one field, of `feature_bags`");
    CHECK(message(small({field({{0}, {}}, 1), field({{0}, {}, {}}, 1)})) ==
          "fdsa.features[1]: of another number of items: expected 2, found 3");
    CHECK(message(small({field({{}, {}}, 0)})) ==
          "fdsa.features[0]: a field without values: expected at least 1, found 0");
    config = small({field({{0}, {1}}, 2)});
    config.features = {field({{1}, {0}}, 2)};
    CHECK_THAT(message(config), Catch::StartsWith("fdsa.texts: not the digest of these features"));
    config.features = {nullptr};
    CHECK(message(config) == "field 0: null");
}

TEST_CASE("FDSA: a model of another number of items is an error that names both", "[fdsa]") {
    using Model = SequentialRecommender<FDSA>;
    Model::Config config;
    config.behaviour.backbone = small({field({{0}, {}, {1}}, 2)});
    CHECK(Model(config, 3).items() == 3);
    for (const Index items : {2, 4})
        CHECK_THROWS_WITH(
            Model(config, items),
            text_of("fdsa.features: of another number of items: expected ", items, ", found 3"));
}
