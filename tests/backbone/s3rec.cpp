// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>

#include <coco/backbone/s3rec.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/io/safetensors.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/train/adamw.hpp>

#include "conformance/backbone.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using backbone::S3Rec;
using S3Model = SequentialRecommender<S3Rec>;

namespace {

constexpr Index shop_items = 23, width = 8, window = 6;

S3Rec::Config small() {
    S3Rec::Config config;
    config.encoder.width = width;
    config.encoder.hidden = 12;
    config.encoder.dropout = config.encoder.attention_dropout = 0.2;
    config.encoder.epsilon = 1e-5;
    config.window = 17;
    return config;
}

/// Attributes of 23 items.
S3Rec::Config with_attributes(std::vector<std::vector<Id>> bags, Index values) {
    S3Rec::Config config = small();
    config.values = values;
    config.attributes = std::make_shared<const nn::Bags>(bags, values);
    return config;
}

/// A tensor of the fixture, of any shape.
template <class T>
std::vector<T> all_of(const io::Safetensors& file, const std::string& name) {
    const auto values = file.get<T>(name, file.tensor(name).shape);
    return {values.begin(), values.end()};
}

/// Appends segments of the given lengths with their items.
void add_segments(HostBatch& b, const std::vector<Id>& item, const std::vector<Id>& lengths) {
    b.item = item;
    for (const Id n : lengths) {
        b.segments.push(n);
        for (Id t = 0; t < n; ++t) b.position.push_back(n - 1 - t);
    }
    b.row_key.assign(item.size(), 0);
}

/// What tests/fixtures/s3rec_reference.py wrote: PyTorch 2 in double, one segment at a time.
struct Reference {
    io::Safetensors file{COCO_TEST_DIR "/fixtures/s3rec_reference.safetensors"};
    HostBatch pretraining, fine_tuning;

    Reference() {
        const auto ids = [&](const char* name) { return all_of<std::int32_t>(file, name); };
        add_segments(pretraining, ids("segment_item"), ids("segment_length"));
        pretraining.target_row = ids("target_row");
        pretraining.target_item = ids("target_item");
        pretraining.negative = ids("negative");
        for (const Id n : ids("kind_length")) pretraining.targets_of.push(n);
        pretraining.finish(shop_items, window);
        add_segments(fine_tuning, ids("history"), ids("length"));
        fine_tuning.target_item = ids("next_item");
        fine_tuning.negative = ids("next_negative");
        for (Id row = 0; row < static_cast<Id>(fine_tuning.rows()); ++row)
            fine_tuning.target_row.push_back(row);
        fine_tuning.targets_of.push(fine_tuning.targets());
        fine_tuning.finish(shop_items, window);
    }

    S3Model::Config config() const {
        std::vector<std::vector<Id>> bags;
        const auto attribute = all_of<std::int32_t>(file, "attribute");
        auto at = attribute.begin();
        for (const std::int32_t count : all_of<std::int32_t>(file, "attributes_of")) {
            bags.emplace_back(at, at + count);
            at += count;
        }
        S3Model::Config config;
        S3Rec::Config& c = config.behaviour.backbone;
        c = with_attributes(bags, 9);
        c.encoder.dropout = c.encoder.attention_dropout = 0;
        c.encoder.epsilon = 1e-12;
        c.window = window;
        config.loss.objective = "bce";
        return config;
    }
};

/// The reference's model on a policy.
template <class P>
struct Twin {
    Reference reference;
    S3Model model{reference.config(), shop_items};
    P on = conformance::policy<P>(2);
    Workspace<P> work{on};
    Parameters<P> parameters{on, model.layout(), 1};
    Gradients<P> gradients{on, model.layout()};

    Twin() {
        for (const Tensor& t : model.layout().tensors()) {
            const auto values = all_of<double>(reference.file, "weight." + t.name);
            const std::vector<typename P::Scalar> to(values.begin(), values.end());
            on.upload(to.data(), parameters.list(t.ref));
        }
    }

    /// The loss of a step, whose gradients are in `gradients`.
    double step(const HostBatch& b, TrainingStage stage) {
        work.reset();
        gradients.zero(on);
        Context<P> ctx = parameters.context(on, work);
        gradients.attach(ctx);
        ctx.training = true;
        const Rows<P> metrics = conformance::uploaded(on, work, conformance::Numbers(StepMetrics::entries),
                                                      {1, StepMetrics::entries});
        CHECK(model.step(ctx, upload(ctx, b), stage, metrics.data).targets == b.targets());
        return conformance::downloaded<P>(on, metrics)[StepMetrics::rec];
    }
};

}  // namespace

TEST_CASE("S3-Rec passes the conformance test of a backbone", "[s3rec]") {
    conformance::backbone<S3Rec>(with_attributes(std::vector<std::vector<Id>>(13, {0, 2}), 3));
}

TEST_CASE("S3-Rec's rows, and loss and gradients of its pre-training, equal PyTorch's", "[s3rec]") {
    using P = conformance::PolicyUnderTest<double>;
    Twin<P> twin;
    const io::Safetensors& file = twin.reference.file;
    const ParameterLayout& layout = twin.model.layout();
    CHECK(file.tensors().size() == 2 * layout.tensors().size() + 15);
    {
        Context<P> ctx = twin.parameters.context(twin.on, twin.work);
        const auto h = twin.model.score(ctx, upload(ctx, twin.reference.fine_tuning)).rows;
        CHECK(conformance::distance(conformance::downloaded<P>(twin.on, h), all_of<double>(file, "h")) <
              1e-10);
    }
    const double loss = twin.step(twin.reference.pretraining, TrainingStage::pretraining);
    CHECK(loss == Approx(all_of<double>(file, "loss")[0]).epsilon(1e-12));
    for (const Tensor& t : layout.tensors()) {
        INFO(t.name);
        const conformance::Numbers expected = all_of<double>(file, "gradient." + t.name);
        CHECK(conformance::length(expected) > 0);
        CHECK(conformance::distance(conformance::downloaded<P>(twin.on, CRows<P>(twin.gradients.view(t.ref))),
                                    expected) < 1e-10);
    }
    // The batch knows which items have gradients, for an optimiser that moves these alone.
    HostBatch batch = twin.reference.pretraining;
    batch.touch();
    const auto gradient = all_of<double>(file, "gradient.item");
    for (Id item = 0; item < static_cast<Id>(shop_items); ++item) {
        const auto row = gradient.begin() + item * static_cast<std::ptrdiff_t>(width);
        if (std::all_of(row, row + width, [](double x) { return x == 0; })) continue;
        INFO("item " << item);
        CHECK(std::binary_search(batch.touched.begin(), batch.touched.end(), item));
    }
}

TEMPLATE_TEST_CASE("S3-Rec's losses in 20 steps of pre-training and 20 of fine-tuning equal PyTorch's",
                   "[s3rec]", float, double) {
    using P = conformance::PolicyUnderTest<TestType>;
    Twin<P> twin;
    std::vector<AdamW<P>> optimizers;
    for (int stage = 0; stage < 2; ++stage)
        optimizers.emplace_back(twin.on, twin.model.layout(), AdamWConfig{});
    const double bound = std::is_same_v<TestType, double> ? 1e-9 : 1e-4;
    const auto expected = all_of<double>(twin.reference.file, "losses");
    REQUIRE(expected.size() == 40);
    for (std::size_t step = 0; step < expected.size(); ++step) {
        INFO("step " << step);
        const bool pretraining = step < 20;
        const double loss = pretraining ? twin.step(twin.reference.pretraining, TrainingStage::pretraining)
                                        : twin.step(twin.reference.fine_tuning, TrainingStage::behaviour);
        CHECK(loss == Approx(expected[step]).epsilon(bound));
        std::vector<double> rates;
        for (const ParameterGroup& g : twin.model.layout().groups())
            rates.push_back(g.name == "pretraining" && !pretraining ? 0 : 1e-2);
        optimizers[pretraining ? 0 : 1].step(twin.on,
                                             {twin.parameters, twin.gradients, rates, nullptr, nullptr});
    }
}

TEST_CASE("S3-Rec without pre-training is SASRec, bit by bit", "[s3rec]") {
    using P = conformance::PolicyUnderTest<float>;
    backbone::SASRec::Config plain;
    const S3Rec::Config config = small();
    plain.encoder = config.encoder;
    plain.window = config.window;
    P on = conformance::policy<P>(1);
    const auto people = conformance::histories(28, shop_items, config.window);
    const auto rows_of = [&]<class B>(const typename B::Config& c) {
        ParameterLayout layout;
        const items::Table table(layout, {}, shop_items, width);
        const B model(layout, c);
        Workspace<P> work(on);
        const Parameters<P> parameters(on, layout, 3);
        Context<P> ctx = parameters.context(on, work);
        ctx.training = true;
        const Sequence<P> sequence = conformance::sequence(on, work, people, shop_items, c.window);
        const Rows<P> x = work.keep(28, width);
        nn::gather<P>(on, table.forward(ctx).vectors, sequence.item, x);
        return conformance::downloaded<P>(on, model.forward(ctx, sequence, CRows<P>(x)).h);
    };
    const auto ours = rows_of.operator()<S3Rec>(config);
    CHECK(ours == rows_of.operator()<backbone::SASRec>(plain));
}

TEST_CASE("S3-Rec: parameters that only pre-training trains may stay untrained", "[s3rec]") {
    const Reference reference;
    const S3Model model(reference.config(), shop_items);
    const ParameterLayout& layout = model.layout();
    const int group = layout.group_index("pretraining");
    CHECK(layout.groups()[static_cast<std::size_t>(group)].use == GroupUse::may_stay_untrained);
    for (const char* name : {"s3rec.mask", "s3rec.mip.weight", "s3rec.attribute"})
        CHECK(layout.tensor(name).group == group);
    CHECK(layout.tensor("s3rec.layer0.norm1.weight").group == layout.group_index("behaviour"));
    // Without attributes there are no parameters of their losses.
    const S3Model without({{small(), {}}, {}, {}, {}, {}}, shop_items);
    CHECK_THROWS_WITH(without.layout().tensor("s3rec.attribute"), "s3rec.attribute: no such tensor");
    CHECK(without.layout().tensor("s3rec.mip.weight").ref.rows == width);
}

TEST_CASE("S3-Rec: what does not go together is an error", "[s3rec]") {
    ParameterLayout layout;
    S3Rec::Config config = small();
    config.window = 0;
    CHECK_THROWS_WITH(S3Rec(layout, config), "s3rec.window: out of range: expected at least 1, found 0");
    config = with_attributes({{0, 1}, {1}}, 2);
    config.values = 3;
    CHECK_THROWS_WITH(S3Rec(layout, config),
                      "s3rec.values: not those of the attributes: expected 2, found 3");
    ParameterLayout another;
    CHECK_THROWS_WITH(S3Rec(another, with_attributes({{0}, {1, 0, 1}}, 2)),
                      "s3rec.attributes, item 1: an attribute twice: expected each once, found 1");

    using P = conformance::PolicyUnderTest<double>;
    const Reference reference;
    const auto step = [&](const S3Model::Config& c, const HostBatch& b) {
        const S3Model model(c, shop_items);
        P on = conformance::policy<P>(1);
        Workspace<P> work(on);
        const Parameters<P> parameters(on, model.layout(), 1);
        Context<P> ctx = parameters.context(on, work);
        const Rows<P> metrics = conformance::uploaded(on, work, conformance::Numbers(StepMetrics::entries),
                                                      {1, StepMetrics::entries});
        model.step(ctx, upload(ctx, b), TrainingStage::pretraining, metrics.data);
    };
    S3Model::Config c = reference.config();
    CHECK_THROWS_WITH(step(c, reference.fine_tuning),
                      "stage pretraining: a batch of another sampler: expected sampling::Pretraining");
    c.behaviour.backbone.attributes = nullptr;
    CHECK_THROWS_WITH(
        step(c, reference.pretraining),
        "stage pretraining: the attributes of the items are missing: expected Config::attributes");
    c.behaviour.backbone.attributes =
        std::make_shared<const nn::Bags>(std::vector<std::vector<Id>>(7, {1}), 9);
    CHECK_THROWS_WITH(step(c, reference.pretraining),
                      "s3rec.attributes: not those of these items: expected 23, found 7");
}
