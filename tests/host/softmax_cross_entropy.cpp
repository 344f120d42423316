// SPDX-License-Identifier: Apache-2.0
// Softmax cross-entropy against its definition in double, bit-identical for any number of threads.
#include <catch2/catch.hpp>

#include <limits>
#include <string>

#include <coco/host/host.hpp>

#include "conformance/softmax_cross_entropy.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("softmax_cross_entropy: equals its definition, gradients equal difference quotients",
                   "[softmax_cross_entropy]", float, double) {
    BasicHost<TestType> on(2);
    conformance::softmax_cross_entropy_trials<TestType>(
        [&](const std::string& name, const conformance::SoftmaxCrossEntropyTrial<TestType>& trial) {
            INFO(name);
            conformance::equals_naive(on, trial, conformance::gradient_tolerance<TestType>);
        });
}

TEMPLATE_TEST_CASE("softmax_cross_entropy: bit-identical for any number of threads",
                   "[softmax_cross_entropy][threads]", float, double) {
    BasicHost<TestType> one(1), two(2), three(3);
    conformance::softmax_cross_entropy_trials<TestType>(
        [&](const std::string& name, const conformance::SoftmaxCrossEntropyTrial<TestType>& trial) {
            INFO(name);
            const auto expected = trial.run(one);
            CHECK(conformance::same_bits(expected, trial.run(two)));
            CHECK(conformance::same_bits(expected, trial.run(three)));
        });
}

TEST_CASE("softmax_cross_entropy: without gradients only the loss, and NaN inputs give NaN",
          "[softmax_cross_entropy]") {
    Host on(1);
    conformance::SoftmaxCrossEntropyTrial<float> t;
    t.rows = 70;
    t.classes = 600;
    auto in = t.inputs();
    const auto loss_of = [&] {
        const conformance::Held<Host> h(on, in.h), columns(on, in.columns);
        Workspace<Host> work(on);
        Classes<Host> shape;
        shape.columns = columns.in();
        shape.positive = on.upload(std::span<const Id>(in.positive), work);
        float loss = 0;
        on.softmax_cross_entropy(h.in(), shape, 0.5f, &loss, {}, {}, {});
        return loss;
    };
    CHECK(loss_of() == Approx(t.naive()[0] - 1).epsilon(1e-5));
    in.h(3, 1) = std::numeric_limits<double>::quiet_NaN();
    CHECK(std::isnan(loss_of()));
}
