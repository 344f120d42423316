// SPDX-License-Identifier: Apache-2.0
// The softmax over columns on the device against its definition in double, in one tile and in many.
#include <catch2/catch.hpp>

#include <limits>
#include <string>

#include "cuda/cramped.cuh"
#include "laws/classes.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("classify on a device: equals its definition, and its difference quotients", "[classify]",
                   float, double) {
    BasicCuda<TestType> on;
    laws::classify_trials<TestType>([&](const std::string& name, const laws::ClassifyTrial<TestType>& trial) {
        INFO(name);
        laws::equals_naive(on, trial, laws::gradient_tolerance<TestType>);
    });
}

TEMPLATE_TEST_CASE("classify on a device: the same where columns and rows take many tiles", "[classify]",
                   float, double) {
    // Rows in parts, columns whole; rows whole, columns in parts; one score at a time would be 1.
    for (const Index room : {200000, 30000, 5}) {
        laws::Cramped<TestType> on(room);
        laws::classify_trials<TestType>(
            [&](const std::string& name, const laws::ClassifyTrial<TestType>& trial) {
                if (room == 5 && trial.rows * trial.classes > 100) return;
                INFO(name << ", room for " << room);
                laws::equals_naive(on, trial, laws::gradient_tolerance<TestType>);
            });
    }
}

TEST_CASE("classify on a device: without outputs it is the loss alone, and a NaN shows in it", "[classify]") {
    Cuda on;
    laws::ClassifyTrial<float> t;
    t.rows = 70;
    t.classes = 600;
    auto in = t.inputs();
    const auto loss_of = [&] {
        Workspace<Cuda> work(on);
        const laws::Held<Cuda> h(on, in.h), columns(on, in.columns);
        laws::Held<Cuda> loss(on, 1, 1);
        Classes<Cuda> shape;
        shape.columns = columns.in();
        shape.positive = on.bring(std::span<const Id>(in.positive), work);
        on.classify(h.in(), shape, 0.5f, loss.list().data, {}, {}, {});
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

TEST_CASE("classify on a device: small ones, for the thread sanitizer", "[classify][threads]") {
    laws::Cramped<float> on(20);
    laws::classify_trials<float>([&](const std::string& name, const laws::ClassifyTrial<float>& trial) {
        if (trial.rows > 10) return;
        INFO(name);
        laws::require_close(trial.run(on), trial.naive(), laws::gradient_tolerance<float>);
    });
}
