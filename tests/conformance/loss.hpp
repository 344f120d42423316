// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance test of a loss: an objective, or an additional term. A small adapter states how it is
/// called:
///
///     struct Case {
///         static std::vector<conformance::Shape> inputs(Index rows);  // those that have a gradient
///         static std::vector<Write> writes();  // whether each gradient is set or added to
///         template <class P>
///         void step(Context<P>&, const conformance::In<P>& x, double weight, typename P::Scalar* loss,
///                   const conformance::Out<P>& dx) const;
///     };
///     TEST_CASE("...") { conformance::loss(Case{}); }
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "layer.hpp"
#include "policy_under_test.hpp"

namespace coco::conformance {

/// A loss and its gradients.
struct LossOutcome {
    double loss = 0;
    std::vector<Numbers> dx;
    bool operator==(const LossOutcome&) const = default;
};

/// One step on the given inputs.
/// \param start     value of the loss and of all gradients before the step
/// \param unwanted  gradients that are passed as empty views
template <class P, class Case>
LossOutcome loss_step(const Case& test, const std::vector<Numbers>& inputs, Index rows, double weight,
                      double start, const std::vector<bool>& unwanted = {}, int threads = 1) {
    P on = policy<P>(threads);
    Workspace<P> work(on);
    const ParameterLayout layout;
    const Parameters<P> parameters(on, layout, 1);
    Context<P> ctx = parameters.context(on, work);
    const std::vector<Shape> shapes = test.inputs(rows);
    In<P> x;
    Out<P> dx;
    for (std::size_t k = 0; k < shapes.size(); ++k) {
        x.push_back(uploaded(on, work, inputs[k], shapes[k]));
        const bool skip = !unwanted.empty() && unwanted[k];
        dx.push_back(skip ? Rows<P>{} : uploaded(on, work, Numbers(inputs[k].size(), start), shapes[k]));
    }
    const Rows<P> sum = uploaded(on, work, {start}, {1, 1});
    test.step(ctx, x, weight, sum.data, dx);
    LossOutcome o{downloaded<P>(on, sum)[0], {}};
    for (const Rows<P>& d : dx) o.dx.push_back(downloaded<P>(on, d));
    return o;
}

/// Standard normal inputs of an adapter.
template <class Case>
std::vector<Numbers> loss_inputs(const Case& test, Index rows) {
    std::vector<Numbers> inputs;
    for (const Shape& s : test.inputs(rows)) inputs.push_back(normals(s.size(), 300 + inputs.size()));
    return inputs;
}

/// The value is added to, the weight is a factor, gradients equal the difference quotients and are set or
/// added to as declared.
template <class P, class Case>
void loss_gradients(const Case& test, Index rows) {
    std::vector<Numbers> inputs = loss_inputs(test, rows);
    const LossOutcome once = loss_step<P>(test, inputs, rows, 1, 0);
    const LossOutcome heavy = loss_step<P>(test, inputs, rows, 2.5, 0),
                      onto = loss_step<P>(test, inputs, rows, 1, 0.5);
    const double size = 3 * (1 + std::abs(once.loss));
    CHECK(std::abs(heavy.loss - 2.5 * once.loss) <= 1e-12 * size);
    CHECK(std::abs(onto.loss - (0.5 + once.loss)) <= 1e-12 * size);
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        INFO("input " << k);
        const Numbers at = inputs[k];
        CHECK(length(once.dx[k]) > 1e-9);
        gradient_agrees("input " + std::to_string(k), at, once.dx[k], [&](const Numbers& x) {
            inputs[k] = x;
            return loss_step<P>(test, inputs, rows, 1, 0).loss;
        });
        inputs[k] = at;

        Numbers scaled = once.dx[k], written = once.dx[k];
        for (double& v : scaled) v *= 2.5;
        CHECK(distance(heavy.dx[k], scaled) <= 1e-12 * (1 + length(scaled)));
        if (test.writes()[k] == Write::add)
            for (double& v : written) v += 0.5;
        CHECK(distance(onto.dx[k], written) <= 1e-12 * (1 + length(written)));

        std::vector<bool> unwanted(inputs.size(), false);
        unwanted[k] = true;
        LossOutcome without = loss_step<P>(test, inputs, rows, 1, 0, unwanted);
        CHECK(without.dx[k].empty());
        without.dx[k] = once.dx[k];
        CHECK(without == once);
    }
    CHECK(loss_step<P>(test, inputs, rows, 1, 0, std::vector<bool>(inputs.size(), true)).loss == once.loss);
}

/// The whole conformance test.
/// \param large  number of rows of the run that must be bit-identical with one, two and three threads
template <class P = PolicyUnderTest<double>, class Case>
void loss(const Case& test, Index rows = 11, Index large = 700) {
    loss_gradients<P>(test, rows);
    const std::vector<Numbers> inputs = loss_inputs(test, large);
    const LossOutcome expected = loss_step<P>(test, inputs, large, 1, 0);
    for (const int threads : {1, 2, 3}) {
        INFO(threads << " threads");
        CHECK(loss_step<P>(test, inputs, large, 1, 0, {}, threads) == expected);
    }
}

}  // namespace coco::conformance
