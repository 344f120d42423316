// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance test of a layer. A small adapter states how the layer is called:
///
///     struct Case {
///         explicit Case(ParameterLayout&);  // declares the layer's tensors
///         static std::vector<conformance::Shape> inputs(Index rows);
///         template <class P>
///         Saved<P> forward(Context<P>&, const Sequence<P>&, const conformance::In<P>& x) const;
///         template <class P>
///         void backward(Context<P>&, const Sequence<P>&, const Saved<P>&, CRows<P> dy,
///                       const conformance::Out<P>& dx) const;
///     };
///     TEST_CASE("...") { conformance::layer<Case>(); }
///
/// `Saved<P>` has a member `out`. If the rows of one segment may depend on each other, the adapter declares
/// `static constexpr bool segmented = true`; if all rows may, `static constexpr bool mixes = true`. If
/// it wants other histories, `change(people)` makes them of the trial's. If
/// tensors have no gradient by design, `static std::vector<std::string> silent()` returns their names;
/// `static std::vector<std::string> given()` those of statistics, which are not trained although the output
/// depends on them. `static constexpr bool own_stages = true`: groups that may stay untrained have no
/// gradient here.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <coco/nn/parameters.hpp>

#include "batch.hpp"
#include "catch.hpp"
#include "numbers.hpp"
#include "policy_under_test.hpp"

namespace coco::conformance {

template <class P>
using In = std::vector<CRows<P>>;
template <class P>
using Out = std::vector<Rows<P>>;

/// Number of items and of positions in the sequences that a layer is given.
inline constexpr Index trial_items = 13, trial_window = 17;

/// All results of a forward and backward pass.
struct Outcome {
    Numbers out;
    std::vector<Numbers> dx;         ///< one per input
    std::vector<Numbers> gradients;  ///< one per tensor of the layout
    bool operator==(const Outcome&) const = default;
};

/// A layer, its parameters (all random, none zero) and inputs on one policy.
template <class P, class S>
class Bench {
public:
    using Scalar = typename P::Scalar;

    template <class Make>
    Bench(const Make& make, Index rows, int threads, Index longest = trial_window, std::uint64_t seed = 1)
        : layer(make(layout)),
          shapes(layer.inputs(rows)),
          people(histories(rows, trial_items, longest, seed)),
          on(policy<P>(threads)),
          work(on),
          parameters(on, layout, seed),
          gradients(on, layout) {
        for (std::size_t t = 0; t < layout.tensors().size(); ++t) {
            const Tensor& tensor = layout.tensors()[t];
            values.push_back(downloaded<P>(on, std::as_const(parameters).view(tensor.ref)));
            if (!learns(t)) continue;
            const Numbers drawn = normals(tensor.ref.size(), seed * 100 + t, 0.4);
            const double centre = tensor.init.kind == Init::Kind::ones ? 1 : 0;
            for (std::size_t i = 0; i < drawn.size(); ++i) values[t][i] = centre + drawn[i];
            set(t, values[t]);
        }
        for (std::size_t k = 0; k < shapes.size(); ++k)
            inputs.push_back(normals(shapes[k].size(), seed * 1000 + k));
        if constexpr (requires { layer.change(people); }) layer.change(people);
    }

    bool learns(std::size_t t) const { return layout.tensors()[t].ref.block != ParameterBlock::frozen; }
    /// Of a group that only stages of the layer's own train, where it has such.
    bool of_other_steps(std::size_t t) const {
        if constexpr (requires { S::own_stages; }) {
            const auto group = static_cast<std::size_t>(layout.tensors()[t].group);
            return S::own_stages && layout.groups()[group].use == GroupUse::may_stay_untrained;
        }
        return false;
    }
    void set(std::size_t t, const Numbers& x) {
        const std::vector<Scalar> to(x.begin(), x.end());
        on.upload(to.data(), parameters.list(layout.tensors()[t].ref));
    }

    Numbers forward() {
        work.reset();
        Context<P> ctx = pass();
        return downloaded<P>(on, layer.forward(ctx, batch(), given()).out);
    }

    /// One forward pass and `times` backward passes; inputs marked in `unwanted` are passed as empty views.
    Outcome both(const Numbers& dy, int times = 1, const std::vector<bool>& unwanted = {},
                 bool inputs_only = false) {
        work.reset();
        gradients.zero(on);
        Context<P> ctx = pass();
        gradients.attach(ctx);
        const Sequence<P> sequence = batch();
        const auto saved = layer.forward(ctx, sequence, given());
        const CRows<P> out = saved.out, dout = uploaded(on, work, dy, {out.rows, out.cols});
        Out<P> dx;
        for (std::size_t k = 0; k < shapes.size(); ++k) {
            const bool skip = !unwanted.empty() && unwanted[k];
            // The previous contents must not matter.
            dx.push_back(skip ? Rows<P>{}
                              : uploaded(on, work, Numbers(inputs[k].size(), 7.0 + static_cast<double>(k)),
                                         shapes[k]));
        }
        Context<P> back = inputs_only ? ctx.inputs_only() : ctx;
        for (int i = 0; i < times; ++i) layer.backward(back, sequence, saved, dout, dx);
        Outcome o{downloaded<P>(on, out), {}, {}};
        for (const Rows<P>& d : dx) o.dx.push_back(downloaded<P>(on, d));
        for (std::size_t t = 0; t < layout.tensors().size(); ++t)
            o.gradients.push_back(learns(t) ? downloaded<P>(on, gradients.view(layout.tensors()[t].ref))
                                            : Numbers{});
        return o;
    }

    ParameterLayout layout;
    S layer;
    std::vector<Shape> shapes;
    std::vector<History> people;
    P on;
    Workspace<P> work;
    Parameters<P> parameters;
    Gradients<P> gradients;
    std::vector<Numbers> values, inputs;

private:
    Context<P> pass() {
        Context<P> ctx = parameters.context(on, work);
        ctx.training = true;
        ctx.seed = 42;
        ctx.step = 3;
        return ctx;
    }
    Sequence<P> batch() { return sequence(on, work, people, trial_items, trial_window); }
    In<P> given() {
        In<P> x;
        for (std::size_t k = 0; k < shapes.size(); ++k) x.push_back(uploaded(on, work, inputs[k], shapes[k]));
        return x;
    }
};

template <class S>
std::vector<std::string> given_tensors() {
    if constexpr (requires { S::given(); })
        return S::given();
    else
        return {};
}
template <class S>
std::vector<std::string> silent_tensors() {
    if constexpr (requires { S::silent(); })
        return S::silent();
    else
        return {};
}

/// gradient = difference quotient, for each tensor and each input; and backward changes nothing that it must
/// not.
template <class P, class S, class Make>
void layer_gradients(const Make& make, Index longest) {
    Bench<P, S> bench(make, 11, 1, longest);
    const Numbers dy = normals(static_cast<Index>(bench.forward().size()), 99);
    const auto loss = [&] { return dot(bench.forward(), dy); };
    const Outcome once = bench.both(dy);
    const auto silent = silent_tensors<S>(), given = given_tensors<S>();
    for (std::size_t t = 0; t < bench.values.size(); ++t) {
        if (!bench.learns(t)) continue;
        const std::string& name = bench.layout.tensors()[t].name;
        INFO("tensor " << name);
        if (std::count(given.begin(), given.end(), name)) {
            CHECK(length(once.gradients[t]) == 0);
            continue;
        }
        if (std::count(silent.begin(), silent.end(), name) || bench.of_other_steps(t))
            CHECK(length(once.gradients[t]) == 0);
        else
            CHECK(length(once.gradients[t]) > 1e-9);
        gradient_agrees(name, bench.values[t], once.gradients[t], [&](const Numbers& x) {
            bench.set(t, x);
            return loss();
        });
        bench.set(t, bench.values[t]);
    }
    for (std::size_t k = 0; k < bench.inputs.size(); ++k) {
        const Numbers at = bench.inputs[k];
        CHECK(length(once.dx[k]) > 0);
        gradient_agrees("input " + std::to_string(k), at, once.dx[k], [&](const Numbers& x) {
            bench.inputs[k] = x;
            return loss();
        });
        bench.inputs[k] = at;
    }

    const Outcome twice = bench.both(dy, 2);
    CHECK(twice.dx == once.dx);
    for (std::size_t t = 0; t < bench.values.size(); ++t) {
        Numbers doubled = once.gradients[t];
        for (double& v : doubled) v *= 2;
        INFO(bench.layout.tensors()[t].name << ": gradients are added to");
        CHECK(distance(doubled, twice.gradients[t]) <= 1e-12 * (1 + length(doubled)));
    }

    const Outcome inputs = bench.both(dy, 1, {}, true);
    CHECK(inputs.dx == once.dx);
    for (const Numbers& g : inputs.gradients) CHECK(length(g) == 0);

    for (std::size_t k = 0; k < bench.inputs.size(); ++k) {
        INFO("input " << k << " not wanted");
        std::vector<bool> unwanted(bench.inputs.size(), false);
        unwanted[k] = true;
        Outcome o = bench.both(dy, 1, unwanted);
        o.dx[k] = once.dx[k];
        CHECK(o == once);
    }
}

/// The rows of a segment are bit-identical whatever the other segments contain, forward and backward.
template <class P, class S, class Make>
void layer_independence(const Make& make, Index longest) {
    Bench<P, S> bench(make, 11, 1, longest);
    const Index rows = 11;
    Numbers dy = normals(static_cast<Index>(bench.forward().size()), 99);
    const Outcome before = bench.both(dy);
    const Index cols = static_cast<Index>(before.out.size()) / rows;
    REQUIRE(static_cast<Index>(before.out.size()) == rows * cols);
    Offsets parts;
    if constexpr (requires { S::segmented; })
        for (const History& h : bench.people) parts.push(static_cast<Index>(h.item.size()));
    else
        for (Index i = 0; i < rows; ++i) parts.push(1);
    const auto outside = [&](Numbers x, Index width, std::size_t s, std::uint64_t seed) {
        const Numbers fresh = normals(static_cast<Index>(x.size()), seed);
        for (std::size_t i = 0; i < x.size(); ++i) {
            const Index row = static_cast<Index>(i) / width;
            if (row < parts.at[s] || row >= parts.at[s + 1]) x[i] = fresh[i];
        }
        return x;
    };
    const auto part = [&](const Numbers& x, Index width, std::size_t s) {
        return Numbers(x.begin() + parts.at[s] * width, x.begin() + parts.at[s + 1] * width);
    };
    const std::vector<Numbers> inputs = bench.inputs;
    for (std::size_t s = 0; s + 1 < parts.at.size(); ++s) {
        INFO("segment or row " << s);
        for (std::size_t k = 0; k < inputs.size(); ++k)
            if (bench.shapes[k].rows == rows)
                bench.inputs[k] = outside(inputs[k], bench.shapes[k].cols, s, 500 + s);
        const Outcome after = bench.both(outside(dy, cols, s, 900 + s));
        CHECK(part(after.out, cols, s) == part(before.out, cols, s));
        for (std::size_t k = 0; k < inputs.size(); ++k)
            if (bench.shapes[k].rows == rows)
                CHECK(part(after.dx[k], bench.shapes[k].cols, s) ==
                      part(before.dx[k], bench.shapes[k].cols, s));
    }
}

/// Bit-identical results when repeated, and with one, two and three threads.
template <class P, class S, class Make>
void layer_determinism(const Make& make, Index longest) {
    const Index rows = 700;
    Bench<P, S> first(make, rows, 1, longest);
    const Numbers dy = normals(static_cast<Index>(first.forward().size()), 99);
    const Outcome expected = first.both(dy);
    CHECK(first.both(dy) == expected);
    for (const int threads : {1, 2, 3}) {
        INFO(threads << " threads");
        Bench<P, S> again(make, rows, threads, longest);
        CHECK(again.both(dy) == expected);
    }
}

/// A batch without rows is valid.
template <class P, class S, class Make>
void layer_empty(const Make& make, Index longest) {
    Bench<P, S> bench(make, 0, 1, longest);
    const Outcome o = bench.both(bench.forward());
    CHECK(o.out.empty());
    for (const Numbers& g : o.gradients) CHECK(length(g) == 0);
}

/// The whole conformance test, for an adapter that `make(layout)` builds.
/// \param longest  length of the longest segment, at most `trial_window`
template <class S, class P = PolicyUnderTest<double>, class Make>
void layer(const Make& make, Index longest = trial_window) {
    layer_gradients<P, S>(make, longest);
    if constexpr (!requires { S::mixes; }) {
        layer_independence<P, S>(make, longest);
        layer_empty<P, S>(make, longest);
    }
    layer_determinism<P, S>(make, longest);
}
template <class S, class P = PolicyUnderTest<double>>
void layer() {
    layer<S, P>([](ParameterLayout& layout) { return S(layout); });
}

}  // namespace coco::conformance
