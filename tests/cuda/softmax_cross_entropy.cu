// SPDX-License-Identifier: Apache-2.0
// Softmax cross-entropy on the device against its definition in double, in one tile and in many.
#include <catch2/catch.hpp>

#include <limits>
#include <string>

#include "conformance/softmax_cross_entropy.hpp"
#include "cuda/cramped.cuh"

using namespace coco;

TEMPLATE_TEST_CASE(
    "softmax_cross_entropy on a device: equals its definition, gradients equal difference quotients",
    "[softmax_cross_entropy]", float, double) {
    BasicCuda<TestType> on;
    conformance::softmax_cross_entropy_trials<TestType>(
        [&](const std::string& name, const conformance::SoftmaxCrossEntropyTrial<TestType>& trial) {
            INFO(name);
            conformance::equals_naive(on, trial, conformance::gradient_tolerance<TestType>);
        });
}

TEMPLATE_TEST_CASE("softmax_cross_entropy on a device: the same with many tiles of rows and columns",
                   "[softmax_cross_entropy]", float, double) {
    // Tiles of rows with whole columns; tiles of columns with whole rows; few scores at a time (the least is
    // 1).
    for (const Index room : {200000, 30000, 5}) {
        conformance::Cramped<TestType> on(room);
        conformance::softmax_cross_entropy_trials<TestType>(
            [&](const std::string& name, const conformance::SoftmaxCrossEntropyTrial<TestType>& trial) {
                if (room == 5 && trial.rows * trial.classes > 100) return;
                INFO(name << ", room for " << room);
                conformance::equals_naive(on, trial, conformance::gradient_tolerance<TestType>);
            });
    }
}

TEST_CASE("softmax_cross_entropy on a device: without gradients only the loss, and NaN inputs give NaN",
          "[softmax_cross_entropy]") {
    Cuda on;
    conformance::SoftmaxCrossEntropyTrial<float> t;
    t.rows = 70;
    t.classes = 600;
    auto in = t.inputs();
    const auto loss_of = [&] {
        Workspace<Cuda> work(on);
        const conformance::Held<Cuda> h(on, in.h), columns(on, in.columns);
        conformance::Held<Cuda> loss(on, 1, 1);
        Classes<Cuda> shape;
        shape.columns = columns.in();
        shape.positive = on.upload(std::span<const Id>(in.positive), work);
        on.softmax_cross_entropy(h.in(), shape, 0.5f, loss.list().data, {}, {}, {});
        std::vector<float> all;
        loss.append(all);
        return all[0];
    };
    CHECK(loss_of() == Approx(t.naive()[0] - 1).epsilon(1e-5));
    in.h(3, 1) = std::numeric_limits<double>::quiet_NaN();
    CHECK(std::isnan(loss_of()));
    in.positive[3] = no_id;
    CHECK(std::isfinite(loss_of()));
}

TEST_CASE("softmax_cross_entropy on a device: small sizes, for the thread sanitizer",
          "[softmax_cross_entropy][threads]") {
    conformance::Cramped<float> on(20);
    conformance::softmax_cross_entropy_trials<float>(
        [&](const std::string& name, const conformance::SoftmaxCrossEntropyTrial<float>& trial) {
            if (trial.rows > 10) return;
            INFO(name);
            conformance::require_close(trial.run(on), trial.naive(), conformance::gradient_tolerance<float>);
        });
}
