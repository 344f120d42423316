// SPDX-License-Identifier: Apache-2.0
/// \file
/// A small shop given in full: 20 items with titles, seven users, and a model with its parameters on a
/// policy.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include <coco/adapter/frozen.hpp>
#include <coco/adapter/lora.hpp>
#include <coco/aligner/cross_attention.hpp>
#include <coco/aligner/identity.hpp>
#include <coco/aligner/semantic_attention.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/data/catalogue.hpp>
#include <coco/decoupler/cross_attention.hpp>
#include <coco/decoupler/mean_pool.hpp>
#include <coco/decoupler/standardized.hpp>
#include <coco/items/semantic.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/llm/random_source.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/pipeline/pipeline.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/prompt/normalized_codebook.hpp>
#include <coco/prompt/static.hpp>
#include <coco/prompt/vq_codebook.hpp>
#include <coco/sampling/batch_builder.hpp>

#include "conformance/numbers.hpp"
#include "conformance/policy_under_test.hpp"

namespace shop {

using coco::Id;
using coco::Index;
using coco::conformance::Numbers;
using Double = coco::conformance::PolicyUnderTest<double>;

inline constexpr Index items = 20, width = 8, window = 6;

/// Histories of lengths 2, 3, 4, 5, 7, 9 and one (13) longer than twice the window. No item occurs twice in a
/// history.
inline coco::data::Interactions people() {
    coco::data::Interactions train;
    const Index lengths[] = {7, 2, 9, 4, 3, 13, 5};
    coco::RandomStream random(5, 1);
    for (const Index n : lengths) {
        std::vector<Id> order(static_cast<std::size_t>(items));
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Id>(i);
        random.shuffle(order);
        order.resize(static_cast<std::size_t>(n));
        train.add(order);
    }
    return train;
}

inline std::vector<Id> all_users() { return {0, 1, 2, 3, 4, 5, 6}; }

/// Texts of a tokenizer with one token per character.
inline coco::text::History words(const coco::llm::Config& config) {
    coco::data::Catalogue catalogue;
    for (Index i = 0; i < items; ++i) {
        coco::data::ItemText item;
        item.title =
            std::string(1, static_cast<char>('a' + i)) + std::string(1, static_cast<char>('a' + i * 7 % 26));
        catalogue.add("item" + std::to_string(i), item);
    }
    return coco::text::History(catalogue, {"ok", "<", ",", ">"}, [&](std::string_view text) {
        std::vector<Id> tokens;
        for (const char c : text) tokens.push_back(static_cast<Id>((c * 7 + 3) % config.vocabulary));
        return tokens;
    });
}

/// Width 24, two layers, grouped queries.
inline coco::llm::Config decoder() {
    coco::llm::Config c;
    c.width = 24;
    c.layers = 2;
    c.heads = 4;
    c.kv_heads = 2;
    c.head = 6;
    c.hidden = 20;
    c.vocabulary = 31;
    return c;
}

inline coco::Sampling sampling(coco::Samples samples) {
    coco::Sampling s;
    s.samples = samples;
    s.window = window;
    s.joint_targets = 3;
    s.without_knowledge = 0.3;
    s.budget = {14, 4};
    return s;
}

inline coco::backbone::SASRec::Config sasrec() {
    coco::backbone::SASRec::Config c;
    c.encoder.width = width;
    c.encoder.layers = 1;
    c.encoder.heads = 2;
    c.encoder.hidden = 12;
    c.window = window;
    return c;
}

template <class Model>
typename Model::Config config() {
    typename Model::Config c;
    if constexpr (requires { c.behaviour.backbone.encoder; })
        c.behaviour.backbone = sasrec();
    else
        c.behaviour.backbone = {width, window};
    if constexpr (requires { c.behaviour.items.kappa; }) {
        c.behaviour.items.columns = 5;
        c.behaviour.items.kappa = [](std::span<float> to) {
            coco::RandomStream random(6);
            for (float& v : to) v = static_cast<float>(random.normal());
            std::fill_n(to.begin() + 15, 5, 0.0f);  // an item without text
        };
    }
    if constexpr (requires { c.prompt.theta; }) {
        c.prompt.codes = 6;
        c.prompt.theta = 0.1;
        c.prompt.max_codes = 3;
    }
    if constexpr (requires { c.adapter.rank; }) c.adapter.rank = 2;
    return c;
}

/// A model with its parameters, gradients and workspace.
template <class Model, class P = Double>
class Bench {
public:
    using Scalar = typename P::Scalar;

    explicit Bench(const typename Model::Config& config, int threads = 1, std::uint64_t seed = 1)
        : source(coco::llm::random_source(decoder(), 3)),
          text(words(source.config)),
          model(config, items, source, text.instruction()),
          on(coco::conformance::policy<P>(threads)),
          work(on),
          parameters(on, model.layout(), seed),
          gradients(on, model.layout()),
          sums(on, coco::StepMetrics::entries) {}

    /// Sets every trained tensor to random numbers, none zero; weights of norms are about 1.
    void randomize(std::uint64_t seed, double scale = 0.4) {
        for (std::size_t t = 0; t < model.layout().tensors().size(); ++t) {
            const coco::Tensor& tensor = model.layout().tensors()[t];
            if (tensor.ref.block == coco::ParameterBlock::frozen) continue;
            Numbers x = coco::conformance::normals(tensor.ref.size(), seed * 100 + t, scale);
            if (tensor.init.kind == coco::Init::Kind::ones)
                for (double& v : x) v = 1 + v / 2;
            set(tensor.ref, x);
        }
    }

    void set(const coco::TensorRef& ref, const Numbers& x) {
        const std::vector<Scalar> to(x.begin(), x.end());
        on.upload(to.data(), parameters.list(ref));
    }
    Numbers value(const coco::TensorRef& ref) {
        return coco::conformance::downloaded<P>(on, std::as_const(parameters).view(ref));
    }
    Numbers gradient(const coco::TensorRef& ref) {
        return coco::conformance::downloaded<P>(on, gradients.view(ref));
    }
    /// A parameter group, gaps included, as one tensor.
    static coco::TensorRef ref(const coco::ParameterGroup& g) {
        return {g.block, g.begin, 1, g.end - g.begin};
    }

    coco::Context<P> pass(bool training = true) {
        coco::Context<P> ctx = parameters.context(on, work);
        ctx.training = training;
        ctx.seed = 42;
        ctx.step = 3;
        if (training) gradients.attach(ctx);
        return ctx;
    }

    /// One step from zero gradients.
    coco::StepReport step(const coco::HostBatch& b, coco::TrainingStage stage = coco::TrainingStage::joint,
                          std::uint32_t number = 3) {
        work.reset();
        gradients.zero(on);
        on.fill(sums.list(), Scalar(0));
        coco::Context<P> ctx = pass();
        ctx.step = number;
        const coco::StepReport report = model.step(ctx, coco::upload(ctx, b), stage, sums.data());
        metrics = coco::conformance::downloaded<P>(on, sums.view(1, coco::StepMetrics::entries));
        return report;
    }
    double loss() const {
        return metrics[coco::StepMetrics::rec] + metrics[coco::StepMetrics::aux] +
               metrics[coco::StepMetrics::quantization] + metrics[coco::StepMetrics::orthogonality];
    }

    coco::llm::Source source;
    coco::text::History text;
    Model model;
    P on;
    coco::Workspace<P> work;
    coco::Parameters<P> parameters;
    coco::Gradients<P> gradients;
    coco::Block<Scalar, P> sums;  ///< to which the step adds its metrics
    Numbers metrics;
};

/// A joint batch of all users.
inline coco::HostBatch joint(coco::Samples samples, const coco::text::History* text, std::uint64_t epoch = 1,
                             bool negatives = true, const std::vector<Id>& users = all_users(),
                             const coco::data::Interactions& train = people()) {
    const auto none = coco::sampling::Negatives::excluding_train(train, items);
    coco::HostBatch b;
    coco::BatchBuilder(sampling(samples), items)
        .joint(b, train, users, text, negatives ? &none : nullptr, 9, epoch, 4);
    return b;
}

}  // namespace shop
