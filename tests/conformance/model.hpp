// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance test of a model without a language model: the gradient of its step against difference
/// quotients, tensor by tensor; steps that repeat bit for bit with any number of threads; its scorer; and,
/// where it says that rows do not see later items, that they do not.
///
///     TEST_CASE("...") { coco::conformance::model<MyModel>(config); }
///
/// `config` is small (width 8 or so, window at least 5).
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include <coco/nn/parameters.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/concept.hpp>
#include <coco/sampling/batch_builder.hpp>
#include <coco/sampling/shared_negatives.hpp>

#include "catch.hpp"
#include "numbers.hpp"
#include "policy_under_test.hpp"
#include "scorer.hpp"

namespace coco::conformance {

/// A model with its parameters, which are random and none zero, on a policy.
template <class M, class P = PolicyUnderTest<double>>
struct ModelTrial {
    static constexpr Index items = 20;
    using T = typename P::Scalar;

    P on;
    M model;
    Workspace<P> work;
    Parameters<P> parameters;
    Gradients<P> gradients;
    Block<T, P> metrics;
    data::Interactions people;
    BatchBuilder builder;

    explicit ModelTrial(const typename M::Config& config, int threads = 1)
        : on(policy<P>(threads)),
          model(config, items),
          work(on),
          parameters(on, model.layout(), 1),
          gradients(on, model.layout()),
          metrics(on, StepMetrics::entries),
          builder(sampling_of(model), items, model::masks_items(model)) {
        RandomStream random(5, 1);
        for (const Index length : {4, 2, 5, 3}) {
            std::vector<Id> all;
            for (Index i = 0; i < length; ++i) all.push_back(static_cast<Id>(random.below(items)));
            people.add(all);
        }
        for (std::size_t t = 0; t < model.layout().tensors().size(); ++t) {
            const Tensor& tensor = model.layout().tensors()[t];
            if (tensor.ref.block == ParameterBlock::frozen || tensor.ref.size() == 0) continue;
            Numbers x = normals(tensor.ref.size(), 100 + t, 0.4);
            if (tensor.init.kind == Init::Kind::ones)
                for (double& v : x) v = 1 + v / 2;
            set(tensor.ref, x);
        }
    }

    static Sampling sampling_of(const M& model) {
        Sampling sampling;
        sampling.window = model.window();
        return sampling;
    }
    void set(const TensorRef& ref, const Numbers& x) {
        const std::vector<T> to(x.begin(), x.end());
        on.upload(to.data(), parameters.list(ref));
    }
    /// One sample for each prefix, or one for each history.
    HostBatch batch(Samples samples) const {
        HostBatch b;
        const auto all = samples == Samples::prefixes ? sampling::every_prefix(people, model.window())
                                                      : sampling::every_position(people, model.window());
        const auto negatives = sampling::Negatives::excluding_train(people, items);
        builder.behaviour(b, people, all, model::needs_negatives(model) ? &negatives : nullptr, 3, 1);
        if (model::needs_others(model)) b.exclude();
        if (const SharedDraw draw = model::shared_draw(model); draw.count > 0)
            sampling::SharedNegatives(draw, people, items)(b, 3, 1);
        return b;
    }
    /// The loss of a step; gradients are those of this step alone.
    double step(const HostBatch& b) {
        work.reset();
        gradients.zero(on);
        on.fill(metrics.list(), T(0));
        Context<P> ctx = parameters.context(on, work);
        gradients.attach(ctx);
        ctx.training = true;
        ctx.seed = 42;
        ctx.step = 3;
        model.step(ctx, upload(ctx, b), TrainingStage::behaviour, metrics.data());
        const Numbers sums = downloaded<P>(on, std::as_const(metrics).view(1, StepMetrics::entries));
        return sums[StepMetrics::rec] + sums[StepMetrics::aux] + sums[StepMetrics::quantization] +
               sums[StepMetrics::orthogonality];
    }
};

/// The slope of the step's loss, tensor by tensor.
template <class M>
void model_gradients(const typename M::Config& config, Samples samples) {
    ModelTrial<M> trial(config);
    const HostBatch b = trial.batch(samples);
    for (const Tensor& tensor : trial.model.layout().tensors()) {
        if (tensor.ref.block == ParameterBlock::frozen || tensor.ref.size() == 0) continue;
        INFO(tensor.name);
        const Numbers at =
            downloaded<PolicyUnderTest<double>>(trial.on, std::as_const(trial.parameters).view(tensor.ref));
        trial.step(b);
        const Numbers gradient =
            downloaded<PolicyUnderTest<double>>(trial.on, trial.gradients.view(tensor.ref));
        gradient_agrees(tensor.name, at, gradient, [&](const Numbers& x) {
            trial.set(tensor.ref, x);
            return trial.step(b);
        });
        trial.set(tensor.ref, at);
    }
}

/// Equal steps give equal bits, with one, two and three threads.
template <class M>
void model_repeats(const typename M::Config& config) {
    using P = PolicyUnderTest<double>;
    std::vector<Numbers> outcomes;
    for (const int threads : {1, 1, 2, 3}) {
        ModelTrial<M> trial(config, threads);
        Numbers all{trial.step(trial.batch(Samples::prefixes))};
        for (const Tensor& tensor : trial.model.layout().tensors()) {
            if (tensor.ref.block == ParameterBlock::frozen) continue;
            const Numbers part = downloaded<P>(trial.on, trial.gradients.view(tensor.ref));
            all.insert(all.end(), part.begin(), part.end());
        }
        outcomes.push_back(all);
    }
    for (const Numbers& other : outcomes) CHECK(other == outcomes[0]);
}

/// The scorer of the batch; and that of its first rows, with other items behind them, where rows do not see
/// them.
template <class M>
void model_scores(const typename M::Config& config) {
    using P = PolicyUnderTest<double>;
    ModelTrial<M> trial(config);
    HostBatch b;
    for (Id user = 0; user < static_cast<Id>(trial.people.users()); ++user)
        trial.builder.add_history(b, user, trial.people.of(user), no_id, nullptr);
    {
        Context<P> ctx = trial.parameters.context(trial.on, trial.work);
        scorer<P>(ctx, trial.model.score(ctx, upload(ctx, b)), b.targets(), trial.items);
    }
    if (model::sees_later_items(trial.model)) return;
    const auto of_first_rows = [&] {
        trial.work.reset();
        Context<P> ctx = trial.parameters.context(trial.on, trial.work);
        HostBatch early = b;
        for (Id& row : early.target_row) row = 0;
        return best_list<P>(ctx, trial.model.score(ctx, upload(ctx, early)), early.targets(), trial.items, {})
            .score;
    };
    const Numbers before = of_first_rows();
    for (std::size_t i = 1; i < b.item.size(); ++i)
        b.item[i] = static_cast<Id>((b.item[i] + 7) % trial.items);
    CHECK(of_first_rows() == before);
}

/// The whole conformance test.
template <class M>
void model(const typename M::Config& config) {
    static_assert(explain_model<M>());
    model_gradients<M>(config, Samples::prefixes);
    if (!model::sees_later_items(M(config, ModelTrial<M>::items)))
        model_gradients<M>(config, Samples::positions);
    model_repeats<M>(config);
    model_scores<M>(config);
}

}  // namespace coco::conformance
