// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance test of an optimiser: a closed group stays as it is, the scale multiplies gradients,
/// values follow their gradients downwards, and an optimiser that is given another's numbers goes on as that
/// one, for any number of threads.
///
///     TEST_CASE("...") { coco::conformance::optimizer<MyOptimizer>(config); }
#pragma once

#include <cmath>
#include <iterator>
#include <memory>
#include <type_traits>
#include <vector>

#include <coco/train/optimizer.hpp>

#include "catch.hpp"
#include "numbers.hpp"
#include "policy_under_test.hpp"

namespace coco::conformance {

/// Two groups, and a table of items.
struct OptimizerLayout : ParameterLayout {
    OptimizerLayout() {
        group("one");
        claim("weight", 3, 5, Init::normal(1), Decay::yes);
        claim("bias", 1, 5, Init::normal(1));
        group("two");
        claim("other", 2, 2, Init::normal(1), Decay::yes);
        group("table", ParameterBlock::table);
        claim("items", 7, 3, Init::normal(1), Decay::no, ParameterBlock::table);
    }
};

/// An optimiser with the values that it trains, on |x|^2 / 2 or gradients that are given.
template <template <class> class O, class P>
struct OptimizerRun {
    static constexpr ParameterBlock trained[2] = {ParameterBlock::dense, ParameterBlock::table};

    explicit OptimizerRun(const typename O<P>::Config& config, int threads = 1)
        : on(policy(threads)),
          values(*on, layout, 3),
          gradients(*on, layout),
          optimizer(*on, layout, config) {}

    /// All values, then all numbers of the optimiser.
    Numbers numbers() {
        Numbers all;
        const auto append = [&](auto& from) {
            for (const ParameterBlock block : trained) {
                const auto list = from.block(block).list();
                std::vector<typename P::Scalar> some(static_cast<std::size_t>(list.size));
                on->download(List<const typename P::Scalar, typename P::Space>(list), some.data());
                all.insert(all.end(), some.begin(), some.end());
            }
        };
        append(values);
        for (std::size_t s = 0; s < std::size(O<P>::states); ++s) append(optimizer.state(s));
        return all;
    }
    /// A step on factor x.
    void step(std::vector<double> rates, double factor = 1, const typename P::Scalar* scale = nullptr) {
        for (const ParameterBlock block : trained) {
            const auto from = values.block(block).list();
            std::vector<typename P::Scalar> some(static_cast<std::size_t>(from.size));
            on->download(List<const typename P::Scalar, typename P::Space>(from), some.data());
            for (auto& x : some) x *= static_cast<typename P::Scalar>(factor);
            on->upload(some.data(), gradients.block(block).list());
        }
        optimizer.step(*on, {values, gradients, rates, scale});
    }

    static std::shared_ptr<P> policy([[maybe_unused]] int threads) {
        if constexpr (std::is_constructible_v<P, int>)
            return std::make_shared<P>(threads);
        else
            return std::make_shared<P>();
    }

    OptimizerLayout layout;
    std::shared_ptr<P> on;
    Parameters<P> values;
    Gradients<P> gradients;
    O<P> optimizer;
};

/// The whole conformance test.
template <template <class> class O>
void optimizer(const typename O<PolicyUnderTest<double>>::Config& config = {}) {
    using P = PolicyUnderTest<double>;
    static_assert(explain_optimizer<O<P>, P>());
    using Run = OptimizerRun<O, P>;
    const std::vector<double> all{1e-2, 2e-2, 3e-2}, some{1e-2, 0, 3e-2};
    const auto squares = [](const Run& of, const Numbers& numbers) {
        double sum = 0;
        const auto count = of.layout.size(ParameterBlock::dense) + of.layout.size(ParameterBlock::table);
        for (Index i = 0; i < count; ++i)
            sum += numbers[static_cast<std::size_t>(i)] * numbers[static_cast<std::size_t>(i)];
        return sum;
    };

    Run first(config), more_threads(config, 3);
    double before = squares(first, first.numbers());
    for (int s = 0; s < 5; ++s) {
        first.step(all);
        more_threads.step(all);
        const double after = squares(first, first.numbers());
        CHECK(after < before);
        before = after;
    }
    CHECK(first.numbers() == more_threads.numbers());

    // A closed group.
    const TensorRef other = first.layout.tensor("other").ref;
    const Numbers open = first.numbers();
    first.step(some);
    const Numbers closed = first.numbers();
    const Index size = first.layout.size(ParameterBlock::dense) + first.layout.size(ParameterBlock::table);
    for (std::size_t section = 0; section <= std::size(O<P>::states); ++section)
        for (Index i = 0; i < other.size(); ++i) {
            const auto at = static_cast<std::size_t>(static_cast<Index>(section) * size + other.at + i);
            CHECK(open[at] == closed[at]);
        }
    CHECK(first.optimizer.steps() == std::vector<std::int64_t>{6, 5, 6});

    // Another one that is given its numbers goes on as it does.
    Run resumed(config);
    for (const ParameterBlock block : Run::trained) {
        const auto copy = [&](auto& from, auto& to) {
            const auto list = from.block(block).list();
            std::vector<double> numbers(static_cast<std::size_t>(list.size));
            first.on->download(List<const double, typename P::Space>(list), numbers.data());
            resumed.on->upload(numbers.data(), to.block(block).list());
        };
        copy(first.values, resumed.values);
        for (std::size_t s = 0; s < std::size(O<P>::states); ++s)
            copy(first.optimizer.state(s), resumed.optimizer.state(s));
    }
    resumed.optimizer.steps() = first.optimizer.steps();
    first.step(all);
    resumed.step(all);
    CHECK(first.numbers() == resumed.numbers());

    // A scale of .25 over four times the gradient.
    Block<double, P> quarter(*first.on, 1);
    first.on->fill(quarter.list(), 0.25);
    first.step(all, 4, quarter.data());
    resumed.step(all);
    CHECK(first.numbers() == resumed.numbers());
}

}  // namespace coco::conformance
