// SPDX-License-Identifier: Apache-2.0
/// \file
/// A small shop in plain sight: 20 items with words, a few people, and a model with its parameters on a
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
#include <coco/backbone/sasrec.hpp>
#include <coco/data/catalogue.hpp>
#include <coco/decoupler/cross_attention.hpp>
#include <coco/decoupler/identity.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/llm/random_source.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/pipeline/base.hpp>
#include <coco/pipeline/pipeline.hpp>
#include <coco/pipeline/sampling.hpp>
#include <coco/prompt/static.hpp>
#include <coco/prompt/vq_codebook.hpp>

#include "laws/here.hpp"
#include "laws/numbers.hpp"

namespace shop {

using coco::Id;
using coco::Index;
using coco::laws::Numbers;
using Double = coco::laws::Here<double>;

inline constexpr Index items = 20, width = 8, window = 6;

/// A history of every length from 2 to 9 and one longer than the window twice over, without repeats of the
/// last item.
inline coco::data::Interactions people() {
    coco::data::Interactions train;
    const Index lengths[] = {7, 2, 9, 4, 3, 13, 5};
    coco::Draw draw(5, 1);
    for (const Index n : lengths) {
        std::vector<Id> order(static_cast<std::size_t>(items));
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Id>(i);
        draw.shuffle(order);
        order.resize(static_cast<std::size_t>(n));
        train.add(order);
    }
    return train;
}

inline std::vector<Id> everybody() { return {0, 1, 2, 3, 4, 5, 6}; }

/// A letter a token.
inline coco::text::History words(const coco::llm::Config& config) {
    coco::data::Catalogue catalogue;
    for (Index i = 0; i < items; ++i) {
        coco::data::Item item;
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
    if constexpr (requires { c.prompt.theta; }) {
        c.prompt.codes = 6;
        c.prompt.theta = 0.1;
        c.prompt.most = 3;
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
          on(coco::laws::policy<P>(threads)),
          work(on),
          parameters(on, model.layout(), seed),
          gradients(on, model.layout()),
          sums(on, coco::Ledger::entries) {}

    /// Draws every trained tensor, none zero; norms' weights about 1.
    void draw(std::uint64_t seed, double scale = 0.4) {
        for (std::size_t t = 0; t < model.layout().tensors().size(); ++t) {
            const coco::Tensor& tensor = model.layout().tensors()[t];
            if (tensor.slot.home == coco::Home::frozen) continue;
            Numbers x = coco::laws::normals(tensor.slot.size(), seed * 100 + t, scale);
            if (tensor.init.kind == coco::Init::Kind::ones)
                for (double& v : x) v = 1 + v / 2;
            set(tensor.slot, x);
        }
    }

    void set(const coco::Slot& slot, const Numbers& x) {
        const std::vector<Scalar> to(x.begin(), x.end());
        on.put(to.data(), parameters.list(slot));
    }
    Numbers value(const coco::Slot& slot) {
        return coco::laws::fetched<P>(on, std::as_const(parameters).view(slot));
    }
    Numbers gradient(const coco::Slot& slot) { return coco::laws::fetched<P>(on, gradients.view(slot)); }
    /// A parameter group, gaps included, as one tensor.
    static coco::Slot slot(const coco::Group& g) { return {g.home, g.begin, 1, g.end - g.begin}; }

    coco::Run<P> pass(bool training = true) {
        coco::Run<P> run = parameters.run(on, work);
        run.training = training;
        run.seed = 42;
        run.step = 3;
        if (training) gradients.attach(run);
        return run;
    }

    /// One step from zero gradients.
    coco::StepReport step(const coco::HostBatch& b, coco::Phase phase = coco::Phase::joint,
                          std::uint32_t number = 3) {
        work.reset();
        gradients.zero(on);
        on.fill(sums.list(), Scalar(0));
        coco::Run<P> run = pass();
        run.step = number;
        const coco::StepReport report = model.step(run, coco::bring(run, b), phase, sums.data());
        ledger = coco::laws::fetched<P>(on, sums.view(1, coco::Ledger::entries));
        return report;
    }
    double loss() const {
        return ledger[coco::Ledger::rec] + ledger[coco::Ledger::aux] + ledger[coco::Ledger::quantization] +
               ledger[coco::Ledger::orthogonality];
    }

    coco::llm::Source source;
    coco::text::History text;
    Model model;
    P on;
    coco::Workspace<P> work;
    coco::Parameters<P> parameters;
    coco::Gradients<P> gradients;
    coco::Block<Scalar, P> sums;  ///< where the step adds its ledger
    Numbers ledger;
};

/// A joint batch of everybody.
inline coco::HostBatch joint(coco::Samples samples, const coco::text::History* text, std::uint64_t epoch = 1,
                             bool negatives = true, const std::vector<Id>& users = everybody(),
                             const coco::data::Interactions& train = people()) {
    const auto none = coco::data::Negatives::excluding_train(train, items);
    coco::HostBatch b;
    coco::Filler(sampling(samples), items)
        .joint(b, train, users, text, negatives ? &none : nullptr, 9, epoch, 4);
    return b;
}

}  // namespace shop
