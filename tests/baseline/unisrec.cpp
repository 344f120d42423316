// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include <coco/baseline/unisrec/unisrec.hpp>
#include <coco/io/safetensors.hpp>
#include <coco/train/adamw.hpp>

#include "conformance/items.hpp"
#include "conformance/model.hpp"
#include "conformance/policy_under_test.hpp"
#include "conformance/sampler.hpp"

using namespace coco;
using baseline::UniSRec;
using baseline::unisrec::ContrastSamples;
using baseline::unisrec::TextItems;

namespace {

constexpr Index shop_items = 23, window = 6, text_width = 7;

/// Random text vectors, the same for each number of items.
auto written(std::uint64_t seed) {
    return [seed](std::span<float> out) {
        const conformance::Numbers x = conformance::normals(static_cast<Index>(out.size()), seed);
        std::copy(x.begin(), x.end(), out.begin());
    };
}

TextItems::Config text_items(bool transductive) {
    TextItems::Config config;
    config.adaptor.experts = 3;
    config.text_width = 4;
    config.transductive = transductive;
    config.texts = written(8);
    config.shortened = written(9);
    return config;
}

UniSRec::Config small(bool transductive) {
    UniSRec::Config config;
    auto& encoder = config.behaviour.backbone.encoder;
    encoder.width = 8;
    encoder.hidden = 6;
    encoder.layers = 1;
    encoder.dropout = encoder.attention_dropout = 0.2;
    encoder.epsilon = 1e-5;
    config.behaviour.backbone.window = window;
    config.behaviour.items = text_items(transductive);
    config.temperature = 0.5;
    config.sequence_weight = 0.3;
    return config;
}

template <class T>
std::vector<T> all_of(const io::Safetensors& file, const std::string& name) {
    const auto values = file.get<T>(name, file.tensor(name).shape);
    return {values.begin(), values.end()};
}

/// What tests/fixtures/unisrec_reference.py wrote: PyTorch 2 in double, one segment at a time.
struct Reference {
    io::Safetensors file{COCO_TEST_DIR "/fixtures/unisrec_reference.safetensors"};
    HostBatch pretraining, fine_tuning;

    Reference() {
        const auto history = ids("history"), length = ids("history_length"), view = ids("view"),
                   view_length = ids("view_length");
        auto from = history.begin(), from_view = view.begin();
        for (std::size_t s = 0; s < length.size(); ++s) {
            from = add(fine_tuning, from, length[s]);
            add(pretraining, from - length[s], length[s]);
            pretraining.target_row.push_back(static_cast<Id>(pretraining.rows() - 1));
            from_view = add(pretraining, from_view, view_length[s]);
        }
        for (std::size_t s = 0, row = 0; s < length.size(); ++s) {
            row += static_cast<std::size_t>(length[s] + view_length[s]);
            pretraining.target_row.push_back(static_cast<Id>(row - 1));
        }
        const auto next = ids("next");
        for (int kind = 0; kind < 2; ++kind) {
            pretraining.target_item.insert(pretraining.target_item.end(), next.begin(), next.end());
            pretraining.targets_of.push(static_cast<Index>(next.size()));
        }
        pretraining.excluded = {2, 4, 0, 4};
        for (int target = 0; target < 4; ++target) pretraining.excluded_of.push(1);
        pretraining.finish(2 * shop_items, window);
        fine_tuning.target_item = ids("next_item");
        for (Id row = 0; row < static_cast<Id>(fine_tuning.rows()); ++row)
            fine_tuning.target_row.push_back(row);
        fine_tuning.targets_of.push(fine_tuning.targets());
        fine_tuning.finish(shop_items, window);
    }

    std::vector<Id> ids(const char* name) const { return all_of<std::int32_t>(file, name); }
    template <class Iterator>
    static Iterator add(HostBatch& b, Iterator item, Id n) {
        b.segments.push(n);
        for (Id t = 0; t < n; ++t) {
            b.item.push_back(*item++);
            b.position.push_back(n - 1 - t);
            b.row_key.push_back(0);
        }
        return item;
    }

    UniSRec::Config config(bool transductive) const {
        UniSRec::Config c = small(transductive);
        auto& encoder = c.behaviour.backbone.encoder;
        encoder.hidden = 12;
        encoder.layers = 2;
        encoder.dropout = encoder.attention_dropout = 0;
        encoder.epsilon = 1e-12;
        c.behaviour.items.adaptor.dropout = 0;
        c.behaviour.items.adaptor.noise = false;
        c.behaviour.items.text_width = text_width;
        const auto texts = all_of<double>(file, "texts");
        const auto half = static_cast<std::ptrdiff_t>(texts.size() / 2);
        c.behaviour.items.texts = [=](std::span<float> out) {
            std::copy_n(texts.begin(), half, out.begin());
        };
        c.behaviour.items.shortened = [=](std::span<float> out) {
            std::copy_n(texts.begin() + half, half, out.begin());
        };
        c.temperature = 0.07;
        c.sequence_weight = 0.1;
        return c;
    }
};

/// A model on a policy, with steps of any stage.
template <class P>
struct Bench {
    UniSRec model;
    P on = conformance::policy<P>(2);
    Workspace<P> work{on};
    Parameters<P> parameters{on, model.layout(), 1};
    Gradients<P> gradients{on, model.layout()};

    Bench(const UniSRec::Config& config, Index items) : model(config, items) {}
    void set(const TensorRef& ref, const conformance::Numbers& x) {
        const std::vector<typename P::Scalar> to(x.begin(), x.end());
        on.upload(to.data(), parameters.list(ref));
    }
    void take(const Reference& reference) {
        for (const Tensor& t : model.layout().tensors())
            if (t.ref.block != ParameterBlock::frozen)
                set(t.ref, all_of<double>(reference.file, "weight." + t.name));
    }
    /// The loss of a step, whose gradients are in `gradients`.
    double step(const HostBatch& b, TrainingStage stage) {
        work.reset();
        gradients.zero(on);
        Context<P> ctx = parameters.context(on, work);
        gradients.attach(ctx);
        ctx.training = true;
        ctx.seed = 42;
        const Rows<P> metrics = conformance::uploaded(on, work, conformance::Numbers(StepMetrics::entries),
                                                      {1, StepMetrics::entries});
        const StepReport report = model.step(ctx, upload(ctx, b), stage, metrics.data);
        CHECK(report.targets == b.targets());
        return conformance::downloaded<P>(on, metrics)[StepMetrics::rec];
    }
    conformance::Numbers gradient(const TensorRef& ref) {
        return conformance::downloaded<P>(on, CRows<P>(gradients.view(ref)));
    }
};

/// All cosines of a batch's targets with the items, row by row.
template <class P>
conformance::Numbers cosines(Bench<P>& bench, const HostBatch& b) {
    bench.work.reset();
    Context<P> ctx = bench.parameters.context(bench.on, bench.work);
    const ProductScorer<P> s = bench.model.score(ctx, upload(ctx, b));
    const Rows<P> out = bench.work.keep(s.rows.rows, s.vectors.rows);
    bench.on.multiply(s.rows, Op::plain, s.vectors, Op::transposed, out);
    return conformance::downloaded<P>(bench.on, CRows<P>(out));
}

}  // namespace

TEST_CASE("unisrec: items of texts pass the conformance test of items", "[unisrec]") {
    for (const bool transductive : {false, true}) {
        conformance::items<TextItems>(text_items(transductive));
        TextItems::Config config = text_items(transductive);
        config.adaptor = {.experts = 2, .dropout = 0, .noise = false};
        config.shortened = nullptr;
        conformance::items<TextItems>(config);
    }
}

TEST_CASE("unisrec passes the conformance test of models", "[unisrec]") {
    for (const bool transductive : {false, true}) conformance::model<UniSRec>(small(transductive));
}

TEST_CASE("unisrec: its samples pass the conformance test of samplers", "[unisrec]") {
    conformance::sampler<ContrastSamples>({}, 40);
}

TEST_CASE("unisrec: a view has fewer items or shorter texts; repeats of a next item are known", "[unisrec]") {
    constexpr Index items = 40;
    const data::Interactions train = conformance::sampled_people(items);
    ContrastSamples samples({7, {1000, 500}, 4, BatchBuilder({}, items), nullptr, nullptr});
    HostBatch b;
    samples.prepare(b, train);
    Index left_out = 0, shorter = 0, same = 0;
    for (Index epoch = 0; epoch < 20; ++epoch)
        for (Index n = samples.begin_epoch(epoch); n-- > 0;) {
            samples.fill(b, train, n, 0);
            const Index prefixes = b.targets() / 2;
            REQUIRE(b.segments.count() == 2 * prefixes);
            for (Index s = 0; s < prefixes; ++s) {
                const auto part = [&](Index segment) {
                    const auto at = static_cast<std::size_t>(segment);
                    return std::vector<Id>(b.item.begin() + b.segments.at[at],
                                           b.item.begin() + b.segments.at[at + 1]);
                };
                const std::vector<Id> own = part(2 * s), view = part(2 * s + 1);
                CHECK(b.target_row[static_cast<std::size_t>(s)] ==
                      b.segments.at[static_cast<std::size_t>(2 * s + 1)] - 1);
                CHECK(b.target_row[static_cast<std::size_t>(prefixes + s)] ==
                      b.segments.at[static_cast<std::size_t>(2 * s + 2)] - 1);
                std::size_t at = 0;
                bool short_text = false;
                for (const Id id : view) {
                    short_text = short_text || id >= items;
                    while (at < own.size() && own[at] != id % items) ++at;
                    CHECK(at++ < own.size());
                }
                CHECK((!short_text || view.size() == own.size()));
                ++(short_text ? shorter : view.size() < own.size() ? left_out : same);
                const auto item = [&](Index t) { return b.target_item[static_cast<std::size_t>(t)]; };
                std::vector<Id> expected;
                for (Id t = 0; t < static_cast<Id>(prefixes); ++t)
                    if (t != s && item(t) == item(s)) expected.push_back(t);
                if (expected.empty()) expected.push_back(static_cast<Id>(prefixes));
                const auto of = static_cast<std::size_t>(s);
                CHECK(std::vector<Id>(b.excluded.begin() + b.excluded_of.at[of],
                                      b.excluded.begin() + b.excluded_of.at[of + 1]) == expected);
            }
        }
    CHECK(left_out > 4 * shorter);
    CHECK(shorter > 20);
    CHECK(same > 0);
}

TEST_CASE("unisrec: the gradient of pre-training is the slope of its loss, without E", "[unisrec]") {
    using P = conformance::PolicyUnderTest<double>;
    const Reference reference;
    UniSRec::Config config = small(true);
    config.sequence_weight = 1;
    if (GENERATE(false, true)) config.behaviour.items.shortened = nullptr;
    Bench<P> bench(config, shop_items);
    std::uint64_t seed = 100;
    for (const Tensor& t : bench.model.layout().tensors())
        if (t.ref.block != ParameterBlock::frozen)
            bench.set(t.ref, conformance::normals(t.ref.size(), ++seed, 0.4));
    for (const Tensor& t : bench.model.layout().tensors()) {
        if (t.ref.block == ParameterBlock::frozen) continue;
        INFO(t.name);
        const auto at = conformance::downloaded<P>(bench.on, std::as_const(bench.parameters).view(t.ref));
        bench.step(reference.pretraining, TrainingStage::pretraining);
        const auto gradient = bench.gradient(t.ref);
        if (t.name == "item") CHECK(conformance::length(gradient) == 0);
        conformance::gradient_agrees(t.name, at, gradient, [&](const conformance::Numbers& x) {
            bench.set(t.ref, x);
            return bench.step(reference.pretraining, TrainingStage::pretraining);
        });
        bench.set(t.ref, at);
    }
}

TEST_CASE("unisrec: cosines, losses and gradients equal PyTorch's", "[unisrec]") {
    using P = conformance::PolicyUnderTest<double>;
    const Reference reference;
    for (const bool transductive : {false, true}) {
        const std::string which = transductive ? "transductive" : "inductive";
        Bench<P> bench(reference.config(transductive), shop_items);
        bench.take(reference);
        CHECK(conformance::distance(cosines(bench, reference.fine_tuning),
                                    all_of<double>(reference.file, "cosine." + which)) < 1e-12);
        for (const auto& [stage, name] : {std::pair(TrainingStage::pretraining, std::string("pretraining")),
                                          std::pair(TrainingStage::behaviour, which)}) {
            const HostBatch& b =
                stage == TrainingStage::pretraining ? reference.pretraining : reference.fine_tuning;
            INFO(name);
            CHECK(bench.step(b, stage) ==
                  Approx(all_of<double>(reference.file, "loss." + name)[0]).epsilon(1e-12));
            for (const Tensor& t : bench.model.layout().tensors()) {
                if (t.ref.block == ParameterBlock::frozen) continue;
                if (t.name == "item" && stage == TrainingStage::pretraining) continue;
                INFO(t.name);
                const auto expected = all_of<double>(reference.file, "gradient." + name + "." + t.name);
                CHECK(conformance::relative(bench.gradient(t.ref), expected) < 1e-10);
            }
        }
    }
}

TEMPLATE_TEST_CASE("unisrec: losses in 20 steps of pre-training and 20 of fine-tuning equal PyTorch's",
                   "[unisrec]", float, double) {
    using P = conformance::PolicyUnderTest<TestType>;
    const Reference reference;
    const bool transductive = GENERATE(false, true);
    Bench<P> bench(reference.config(transductive), shop_items);
    bench.take(reference);
    std::vector<AdamW<P>> optimizers;
    for (int stage = 0; stage < 2; ++stage)
        optimizers.emplace_back(bench.on, bench.model.layout(), AdamWConfig{});
    auto expected = all_of<double>(reference.file, "losses.pretraining");
    for (const double x :
         all_of<double>(reference.file, transductive ? "losses.transductive" : "losses.inductive"))
        expected.push_back(x);
    REQUIRE(expected.size() == 40);
    for (std::size_t step = 0; step < expected.size(); ++step) {
        INFO("step " << step);
        const bool first = step < 20;
        const double loss = first ? bench.step(reference.pretraining, TrainingStage::pretraining)
                                  : bench.step(reference.fine_tuning, TrainingStage::behaviour);
        CHECK(loss == Approx(expected[step]).epsilon(std::is_same_v<TestType, double> ? 1e-9 : 1e-4));
        std::vector<double> rates;
        for (const ParameterGroup& g : bench.model.layout().groups())
            rates.push_back(
                (first && g.name == "table") || (!first && !transductive && g.name == "encoder") ? 0 : 2e-3);
        optimizers[first ? 0 : 1].step(bench.on,
                                       {bench.parameters, bench.gradients, rates, nullptr, nullptr});
    }
}

TEST_CASE("unisrec: a history is ranked alike alone and in a batch", "[unisrec]") {
    using P = conformance::PolicyUnderTest<double>;
    const Reference reference;
    Bench<P> bench(reference.config(true), shop_items);
    bench.take(reference);
    const conformance::Numbers together = cosines(bench, reference.fine_tuning);
    const auto history = reference.ids("history"), length = reference.ids("history_length");
    std::ptrdiff_t first = 0;
    for (const Id n : length) {
        HostBatch alone;
        Reference::add(alone, history.begin() + first, n);
        for (Id row = 0; row < n; ++row) alone.target_row.push_back(row);
        alone.target_item.assign(static_cast<std::size_t>(n), 0);
        alone.targets_of.push(n);
        alone.finish(shop_items, window);
        const conformance::Numbers expected(together.begin() + first * shop_items,
                                            together.begin() + (first + n) * shop_items);
        CHECK(conformance::distance(cosines(bench, alone), expected) < 1e-12);
        first += n;
    }
}

TEST_CASE("unisrec memorises the items of 32 users", "[unisrec]") {
    if (conformance::too_long_emulated()) return;
    using P = conformance::PolicyUnderTest<float>;
    constexpr Index items = 40;
    data::Interactions people;
    RandomStream random(11);
    for (int user = 0; user < 32; ++user) {
        std::vector<Id> all;
        for (int i = 0; i < 6; ++i) all.push_back(static_cast<Id>(random.below(items)));
        people.add(all);
    }
    UniSRec::Config config = small(GENERATE(false, true));
    auto& encoder = config.behaviour.backbone.encoder;
    encoder.width = encoder.hidden = 32;
    encoder.dropout = encoder.attention_dropout = 0;
    config.behaviour.items.text_width = 24;
    config.behaviour.items.adaptor.dropout = 0;
    config.behaviour.items.adaptor.noise = false;
    config.temperature = 0.07;
    Bench<P> bench(config, items);
    HostBatch b;
    Sampling settings;
    settings.window = window;
    BatchBuilder(settings, items).behaviour(b, people, sampling::newest(people, window), nullptr, 1, 1);
    AdamW<P> optimizer(bench.on, bench.model.layout(), AdamWConfig{});
    const std::vector<double> rates(bench.model.layout().groups().size(), 5e-3);
    double loss = 0;
    for (int step = 0; step < 150; ++step) {
        loss = bench.step(b, TrainingStage::behaviour);
        optimizer.step(bench.on, {bench.parameters, bench.gradients, rates, nullptr, nullptr});
    }
    CHECK(loss < 0.05);
}

TEST_CASE("unisrec: items without text share a vector, which E alone tells apart", "[unisrec]") {
    using P = conformance::PolicyUnderTest<double>;
    for (const bool transductive : {false, true}) {
        UniSRec::Config config = small(transductive);
        config.behaviour.items.texts = [](std::span<float> out) {
            written(8)(out);
            std::fill_n(out.begin(), 8, 0.0f);
        };
        Bench<P> bench(config, shop_items);
        Context<P> ctx = bench.parameters.context(bench.on, bench.work);
        const auto v = conformance::downloaded<P>(bench.on, bench.model.item_vectors(ctx).items.vectors);
        CHECK((conformance::Numbers(v.begin(), v.begin() + 8) ==
               conformance::Numbers(v.begin() + 8, v.begin() + 16)) == !transductive);
    }
}

TEST_CASE("unisrec: what does not go together is an error", "[unisrec]") {
    UniSRec::Config config = small(false);
    config.behaviour.items.texts = nullptr;
    CHECK_THROWS_WITH(UniSRec(config, 20),
                      "unisrec.items: no text vectors: expected Config::texts and Config::text_width");
    config = small(false);
    config.behaviour.items.adaptor.experts = 17;
    CHECK_THROWS_WITH(UniSRec(config, 20),
                      Catch::StartsWith("unisrec.behaviour.items.adaptor.experts: out of range"));
    config = small(false);
    config.temperature = 0;
    CHECK_THROWS_WITH(UniSRec(config, 20), Catch::StartsWith("unisrec.temperature: out of range"));
    config = small(false);
    config.behaviour.backbone.encoder.heads = 3;
    CHECK_THROWS_WITH(UniSRec(config, 20), Catch::Contains("heads: does not divide the width"));
    CHECK_THROWS_WITH(UniSRec(small(false), 0), "items: empty catalogue: expected at least 1 item, found 0");

    using P = conformance::PolicyUnderTest<double>;
    const Reference reference;
    Bench<P> bench(small(false), shop_items);
    CHECK_THROWS_WITH(bench.step(reference.fine_tuning, TrainingStage::pretraining),
                      "stage pretraining: a batch of another sampler: expected unisrec contrast");
}
