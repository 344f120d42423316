// SPDX-License-Identifier: Apache-2.0
// The gradient of the joint step against difference quotients of its objective, written out in surrogate.hpp.
#include "backbone/user_gru.hpp"
#include "conformance/policy_under_test.hpp"
#include "pipeline/surrogate.hpp"

using namespace shop;
using coco::AuxiliaryOn;
using coco::Samples;
using Backbone = coco::backbone::SASRec;

namespace {

/// What is measured before a stage, and then stays as it is.
bool is_statistic(const std::string& tensor) {
    return tensor.starts_with("prompt.users.") || tensor == "prompt.size" ||
           tensor.starts_with("decoupler.mix.");
}

bool is_behaviour(const coco::ParameterLayout& layout, const std::string& tensor) {
    const std::string& group = layout.groups()[static_cast<std::size_t>(layout.tensor(tensor).group)].name;
    return group == "behaviour" || group == "table";
}

/// Checks the gradient along random directions in each parameter group, or in each tensor.
/// \param silent  groups or tensors that by design have no gradient
template <class Model>
void check_gradient(const typename Model::Config& config, Samples samples, bool tensors = false,
                    const std::vector<std::string>& silent = {},
                    coco::TrainingStage stage = coco::TrainingStage::joint) {
    Bench<Model> bench(config);
    bench.randomize(2);
    // Of prompts that hardly differ the gradients would be too small for difference quotients.
    if constexpr (requires { bench.model.prompt().size(); }) bench.set(bench.model.prompt().size(), {12.0});
    const coco::HostBatch b = joint(samples, &bench.text);
    Surrogate<Model> surrogate(bench, b, stage);
    // The batch must have rows of both kinds (M = 1 and M = 0), otherwise the test would prove less.
    if (silent.empty()) {
        REQUIRE(surrogate.agreed > 0);
        REQUIRE(surrogate.agreed < surrogate.with_knowledge);
    }
    REQUIRE(std::count(b.group_of_segment.begin(), b.group_of_segment.end(), coco::no_id) > 0);

    const coco::StepReport report = bench.step(b, stage);
    CHECK(bench.metrics[coco::StepMetrics::agreed] == surrogate.agreed);
    CHECK(bench.metrics[coco::StepMetrics::with_knowledge] == surrogate.with_knowledge);
    CHECK(report.targets == b.targets());
    CHECK(report.groups == b.groups());
    CHECK(report.open_groups > 0);
    struct Part {
        std::string name;
        coco::TensorRef ref;
        Numbers value, gradient;
    };
    std::vector<Part> parts;
    if (tensors) {
        for (const coco::Tensor& t : bench.model.layout().tensors())
            if (t.ref.block != coco::ParameterBlock::frozen) parts.push_back({t.name, t.ref, {}, {}});
    } else {
        for (const coco::ParameterGroup& g : bench.model.layout().groups())
            parts.push_back({g.name, bench.ref(g), {}, {}});
    }
    for (Part& part : parts) {
        part.value = bench.value(part.ref);
        part.gradient = bench.gradient(part.ref);
    }
    INFO("samples " << static_cast<int>(samples) << ", " << typeid(Model).name());
    const double loss = bench.loss();
    CHECK(std::abs(surrogate.loss() - loss) <= 1e-12 * std::abs(loss));
    for (const Part& part : parts) {
        INFO(part.name);
        if (is_statistic(part.name) ||
            (stage == coco::TrainingStage::knowledge && is_behaviour(bench.model.layout(), part.name))) {
            CHECK(coco::conformance::length(part.gradient) == 0);
            continue;
        }
        if (std::count(silent.begin(), silent.end(), part.name)) {
            CHECK(coco::conformance::length(part.gradient) == 0);
        } else {
            CHECK(coco::conformance::length(part.gradient) > 1e-9);
        }
        coco::conformance::gradient_agrees(part.name, part.value, part.gradient, [&](const Numbers& x) {
            bench.set(part.ref, x);
            return surrogate.loss();
        });
        bench.set(part.ref, part.value);
    }
}

}  // namespace

TEST_CASE("joint step: gradient equals the slope of the objective in every parameter group", "[pipeline]") {
    using Shop = coco::Pipeline<Backbone>;
    for (const Samples samples : {Samples::prefixes, Samples::positions})
        for (const char* const objective : {coco::loss::CrossEntropy::name, coco::loss::Bce::name})
            for (const AuxiliaryOn on : {AuxiliaryOn::behaviour, AuxiliaryOn::aligned}) {
                INFO(static_cast<int>(samples) << objective << static_cast<int>(on));
                auto c = config<Shop>();
                c.loss.objective = objective;
                c.loss.auxiliary_on = on;
                check_gradient<Shop>(c, samples);
            }
}

TEST_CASE("joint step: gradient equals the slope of the objective in every tensor", "[pipeline]") {
    using Shop = coco::Pipeline<Backbone>;
    check_gradient<Shop>(config<Shop>(), Samples::prefixes, true, {});
}

TEST_CASE("joint step with semantic items: gradient equals the slope of the objective",
          "[pipeline][channel]") {
    using Shop = coco::Pipeline<Backbone, coco::items::Semantic>;
    static_assert(std::is_same_v<Shop::Fusion, coco::SemanticFusion<coco::aligner::SemanticAttention>>);
    for (const Samples samples : {Samples::prefixes, Samples::positions})
        for (const bool map : {true, false}) {
            INFO(static_cast<int>(samples) << map);
            auto c = config<Shop>();
            c.behaviour.items.map = map;
            check_gradient<Shop>(c, samples, true);
        }
    auto gated = config<Shop>();
    gated.behaviour.items.popularity = [](std::span<float> x) {
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0.3f * static_cast<float>(i % 5) - 0.6f;
    };
    check_gradient<Shop>(gated, Samples::prefixes, true);
    if (coco::conformance::too_long_emulated()) return;
    auto c = config<Shop>();
    c.loss.objective = coco::loss::Bce::name;
    check_gradient<Shop>(c, Samples::positions, true);
    // With one row of knowledge the aligner has nothing to choose from: queries and keys get no gradient.
    using Dec = coco::Pipeline<Backbone, coco::items::Semantic, coco::decoupler::MeanPool>;
    check_gradient<Dec>(config<Dec>(), Samples::prefixes);
    using Unaligned = coco::Pipeline<Backbone, coco::items::Semantic, coco::aligner::Identity>;
    check_gradient<Unaligned>(config<Unaligned>(), Samples::prefixes, false, {"adapter"});
}

TEST_CASE("joint step: gradients of the ablations", "[pipeline]") {
    if (coco::conformance::too_long_emulated()) return;
    using Soft = coco::Pipeline<Backbone, coco::prompt::Static>;
    using Dec = coco::Pipeline<Backbone, coco::decoupler::MeanPool>;
    using Con = coco::Pipeline<Backbone, coco::adapter::Frozen>;
    check_gradient<Soft>(config<Soft>(), Samples::positions, true);
    check_gradient<Dec>(config<Dec>(), Samples::prefixes, true);
    check_gradient<Con>(config<Con>(), Samples::prefixes, true);
}

TEST_CASE("without an aligner the adapter gets no gradient from L_rec", "[pipeline]") {
    using Unaligned = coco::Pipeline<Backbone, coco::aligner::Identity>;
    check_gradient<Unaligned>(config<Unaligned>(), Samples::prefixes, false, {"adapter"});
}

TEST_CASE("gradient of L_ortho with squared cosines", "[pipeline]") {
    using Shop = coco::Pipeline<Backbone>;
    auto c = config<Shop>();
    c.prompt.orthogonality = coco::loss::Orthogonality::squared;
    check_gradient<Shop>(c, Samples::prefixes);
}

TEST_CASE("the adapter's gradient comes from open rows only", "[pipeline]") {
    using Shop = coco::Pipeline<Backbone>;
    for (const Samples samples : {Samples::prefixes, Samples::positions}) {
        int mixed = 0, shut = 0;
        for (std::uint64_t seed = 2; seed < 8; ++seed) {
            Bench<Shop> bench(config<Shop>());
            bench.randomize(seed);
            const coco::HostBatch b = joint(samples, &bench.text);
            Surrogate<Shop> surrogate(bench, b);
            const coco::ParameterGroup& group = bench.model.layout().groups().back();
            REQUIRE(group.name == "adapter");
            surrogate.open_rows_alone();
            const Numbers wanted = bench.gradient(bench.ref(group));
            const coco::StepReport report = bench.step(b);
            CHECK(coco::conformance::length(wanted) > 1e-6);
            CHECK(coco::conformance::distance(bench.gradient(bench.ref(group)), wanted) <= 1e-12);
            shut += report.open_groups < report.groups;
            for (std::size_t s = 0; s < b.group_of_segment.size(); ++s) {
                if (b.group_of_segment[s] < 0) continue;
                const auto from = surrogate.open.begin() + b.targets_of.at[s],
                           to = surrogate.open.begin() + b.targets_of.at[s + 1];
                mixed += std::count(from, to, 1) > 0 && std::count(from, to, 0) > 0;
            }
        }
        // Both cases have occurred: closed rows within an open group, and groups that are closed entirely.
        CHECK(mixed > 0);
        CHECK(shut > 0);
    }
}

TEST_CASE("prompts behind the text, of tokens' size, and standardised rows: gradient of the joint step",
          "[pipeline][knowledge]") {
    using coco::decoupler::Standardized;
    using Shop =
        coco::Pipeline<Backbone, coco::items::Semantic, coco::prompt::NormalizedCodebook, Standardized<>>;
    check_gradient<Shop>(config<Shop>(), Samples::prefixes, true);
    if (coco::conformance::too_long_emulated()) return;
    using Plain =
        coco::Pipeline<Backbone, coco::prompt::NormalizedCodebook, Standardized<coco::decoupler::MeanPool>>;
    check_gradient<Plain>(config<Plain>(), Samples::positions, true);
}

TEST_CASE("knowledge stage: gradient of the loss over a temperature, behaviour fixed",
          "[pipeline][knowledge]") {
    using Shop = coco::Pipeline<Backbone, coco::items::Semantic, coco::prompt::NormalizedCodebook,
                                coco::decoupler::Standardized<>>;
    auto c = config<Shop>();
    c.unseen.on = true;
    check_gradient<Shop>(c, Samples::prefixes, true, {}, coco::TrainingStage::knowledge);
    if (coco::conformance::too_long_emulated()) return;
    using Paper = coco::Pipeline<Backbone>;
    auto p = config<Paper>();
    p.unseen.on = true;
    check_gradient<Paper>(p, Samples::positions, true, {}, coco::TrainingStage::knowledge);
}

TEST_CASE("a model that was not made for the knowledge stage says so", "[pipeline][knowledge]") {
    using Shop = coco::Pipeline<Backbone>;
    Bench<Shop> bench(config<Shop>());
    const coco::HostBatch b = joint(Samples::prefixes, &bench.text);
    CHECK_THROWS_WITH(bench.step(b, coco::TrainingStage::knowledge),
                      "stage knowledge: the model was not made for it: expected unseen.on");
}

TEST_CASE("pipeline with a user's own backbone", "[pipeline]") {
    using Shop = coco::Pipeline<user::Gru>;
    check_gradient<Shop>(config<Shop>(), Samples::prefixes);
}
