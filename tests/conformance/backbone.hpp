// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance test of a backbone, the library's or a user's: gradients, causality, packing, and
/// learning.
///
///     TEST_CASE("...") { conformance::backbone<MyBackbone>(config); }
///
/// `config` is small (width 8 or so, window at least 5) and may have dropout.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <coco/backbone/concept.hpp>
#include <coco/items/table.hpp>
#include <coco/loss/cross_entropy.hpp>
#include <coco/nn/embedding.hpp>

#include "catch.hpp"
#include "layer.hpp"
#include "policy_under_test.hpp"

namespace coco::conformance {

/// Adapts a backbone to the conformance test of a layer.
template <class B>
struct BackboneLayer {
    static constexpr bool segmented = true, own_stages = backbone::HasOwnStages<B>;

    template <class P>
    struct Saved {
        typename B::template Saved<P> inner;
        CRows<P> out;
    };

    B inner;
    Index width;

    BackboneLayer(ParameterLayout& layout, const typename B::Config& config)
        : inner(layout, config), width(config.width()) {}
    std::vector<Shape> inputs(Index rows) const { return {{rows, width}}; }
    /// A masked row at the end of each, where there are masked rows.
    void change(std::vector<History>& people) const {
        if (!coco::backbone::masks_items(inner)) return;
        for (History& h : people)
            if (!h.item.empty()) h.item.back() = no_id;
    }
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>& sequence, const In<P>& x) const {
        const auto saved = inner.forward(ctx, sequence, x[0]);
        return {saved, saved.h};
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>& sequence, const Saved<P>& saved, CRows<P> dy,
                  const Out<P>& dx) const {
        inner.backward(ctx, sequence, saved.inner, dy, dx[0]);
    }
};

/// Replacing later items, without changing their number, leaves earlier outputs bit-identical.
template <class B>
void backbone_is_causal(const typename B::Config& config) {
    const Index longest = std::min<Index>(config.window, trial_window);
    Bench<PolicyUnderTest<double>, BackboneLayer<B>> bench(
        [&](ParameterLayout& layout) { return BackboneLayer<B>(layout, config); }, 28, 1, longest);
    if (coco::backbone::sees_later_items(bench.layer.inner)) return;
    const Numbers before = bench.forward(), inputs = bench.inputs[0];
    const Index width = config.width();
    Index first = 0;
    for (const History& person : bench.people) {
        const Index n = static_cast<Index>(person.item.size());
        for (Index cut = 1; cut < n; ++cut) {
            INFO("rows " << first + cut << " to " << first + n - 1 << " replaced");
            const auto from = static_cast<std::ptrdiff_t>((first + cut) * width);
            const Numbers fresh = normals((n - cut) * width, 77);
            bench.inputs[0] = inputs;
            std::copy(fresh.begin(), fresh.end(), bench.inputs[0].begin() + from);
            const Numbers after = bench.forward();
            CHECK(Numbers(after.begin(), after.begin() + from) ==
                  Numbers(before.begin(), before.begin() + from));
            CHECK(after != before);
        }
        first += n;
    }
}

/// Packing the users in another order changes nothing beyond rounding, forward or backward.
template <class B, class P>
void backbone_ignores_packing(const typename B::Config& config, double bound) {
    const Index longest = std::min<Index>(config.window, trial_window), width = config.width();
    const auto make = [&](ParameterLayout& layout) { return BackboneLayer<B>(layout, config); };
    Bench<P, BackboneLayer<B>> one(make, 60, 1, longest), other(make, 60, 1, longest);
    const Numbers dy = normals(60 * width, 98);
    std::vector<std::size_t> order(one.people.size());
    for (std::size_t s = 0; s < order.size(); ++s) order[s] = s;
    RandomStream random(5);
    random.shuffle(order);
    Offsets at;
    for (const History& h : one.people) at.push(static_cast<Index>(h.item.size()));
    const auto moved = [&](const Numbers& x) {
        Numbers y;
        for (const std::size_t s : order)
            y.insert(y.end(), x.begin() + at.at[s] * width, x.begin() + at.at[s + 1] * width);
        return y;
    };
    for (std::size_t s = 0; s < order.size(); ++s) other.people[s] = one.people[order[s]];
    other.inputs[0] = moved(one.inputs[0]);
    const Outcome a = one.both(dy), b = other.both(moved(dy));
    const auto close = [&](const Numbers& x, const Numbers& y) {
        double maximum = 1;
        for (const double v : x) maximum = std::max(maximum, std::abs(v));
        return distance(x, y) <= bound * maximum;
    };
    CHECK(close(moved(a.out), b.out));
    CHECK(close(moved(a.dx[0]), b.dx[0]));
    for (std::size_t t = 0; t < a.gradients.size(); ++t) {
        INFO(one.layout.tensors()[t].name);
        CHECK(close(a.gradients[t], b.gradients[t]));
    }
}

/// AdamW with the full softmax overfits 32 users whose next items follow no rule.
/// \param bound  the mean cross-entropy to be reached; chance is log(40) = 3.7
template <class B, class P = PolicyUnderTest<float>>
void backbone_overfits(const typename B::Config& config, double bound = 0.05, int steps = 600,
                       double rate = 1e-2) {
    ParameterLayout layout;
    const Index items = 40, people = 32;
    const items::Table table(layout, {}, items, config.width());
    const B model(layout, config);
    const bool masks = coco::backbone::masks_items(model);
    const Index longest = std::min<Index>(config.window - (masks ? 1 : 0), 8);
    P on = policy<P>(1);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 3);
    Gradients<P> gradients(on, layout), first(on, layout), second(on, layout);
    std::vector<History> all;
    std::vector<Id> last, next;
    RandomStream random(11);
    for (Index u = 0; u < people; ++u) {
        History h;
        h.key = static_cast<Id>(u);
        const Index n = 3 + random.below(static_cast<std::uint32_t>(longest - 2));
        for (Index i = 0; i < n; ++i) h.item.push_back(static_cast<Id>(random.below(items)));
        if (masks) h.item.push_back(no_id);
        next.push_back(static_cast<Id>(random.below(items)));
        last.push_back((last.empty() ? -1 : last.back()) + static_cast<Id>(h.item.size()));
        all.push_back(h);
    }
    double loss = 0;
    for (std::int64_t step = 1; step <= steps; ++step) {
        work.reset();
        gradients.zero(on);
        Context<P> ctx = parameters.context(on, work);
        gradients.attach(ctx);
        const Sequence<P> batch = sequence(on, work, all, items, config.window);
        const auto vectors = table.forward(ctx);
        const Rows<P> x = work.keep(batch.item.size, config.width());
        nn::gather<P>(on, vectors.vectors, batch.item, x);
        const auto saved = model.forward(ctx, batch, CRows<P>(x));
        const Rows<P> h = work.keep(people, config.width()), dh = work.keep(people, config.width());
        nn::gather<P>(on, saved.h, ids(on, work, last), h);
        Targets<P> targets;
        targets.item = ids(on, work, next);
        const Rows<P> sum = uploaded(on, work, Numbers(1, 0.0), {1, 1});
        loss::CrossEntropy::step(ctx, CRows<P>(h), vectors.vectors, targets, 1, sum.data, dh,
                                 vectors.gradient);
        const Rows<P> dall = work.keep(x.rows, x.cols), dx = work.keep(x.rows, x.cols);
        nn::fill<P>(on, dall, 0);
        nn::scatter<P>(on, CRows<P>(dh), inverse(on, work, last, x.rows), dall);
        model.backward(ctx, batch, saved, CRows<P>(dall), dx);
        nn::scatter<P>(on, CRows<P>(dx), batch.by_item, vectors.gradient);
        loss = downloaded<P>(on, sum)[0];
        AdamWStep settings;
        settings.rate = rate;
        settings.step = step;
        for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table}) {
            const AdamWRange<P> range{settings, parameters.block(block).list(),
                                      std::as_const(gradients).block(block).list(), first.block(block).list(),
                                      second.block(block).list()};
            on.adamw({&range, 1}, nullptr);
        }
    }
    INFO("cross-entropy after " << steps << " steps: " << loss);
    CHECK(loss < bound);
}

/// The whole conformance test.
template <class B>
void backbone(const typename B::Config& config) {
    static_assert(explain_backbone<B>());
    REQUIRE(config.window >= 5);
    layer<BackboneLayer<B>>([&](ParameterLayout& layout) { return BackboneLayer<B>(layout, config); },
                            std::min<Index>(config.window, trial_window));
    backbone_is_causal<B>(config);
    backbone_ignores_packing<B, PolicyUnderTest<double>>(config, 1e-12);
    backbone_ignores_packing<B, PolicyUnderTest<float>>(config, 1e-5);
    if (too_long_emulated()) return;
    backbone_overfits<B>(config);
}

}  // namespace coco::conformance
