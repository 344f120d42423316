// SPDX-License-Identifier: Apache-2.0
// Selection of codes on the device against a sort by cosine.
#include <catch2/catch.hpp>

#include <string>

#include "conformance/ranking.hpp"
#include "cuda/cramped.cuh"

using namespace coco;

TEMPLATE_TEST_CASE("select_codes on a device: equals a sort by cosine", "[select_codes]", float, double) {
    BasicCuda<TestType> on;
    conformance::Cramped<TestType> cramped(500);
    conformance::select_codes_trials<TestType>(
        [&](const std::string& name, const conformance::SelectCodesTrial<TestType>& trial) {
            INFO(name);
            conformance::equals_naive(on, trial, 0);
            CHECK(conformance::same_bits(trial.run(on), trial.run(cramped)));
        });
}

TEST_CASE("select_codes on a device: waits for the device once", "[select_codes]") {
    Cuda on;
    Workspace<Cuda> work(on);
    const conformance::Held<Cuda> e(on, 5, 3, 1), codes(on, 4, 3, 1);
    const Index before = on.device().stream().read_backs;
    const CodeSelection<Cuda> selection = on.select_codes(e.in(), codes.in(), 0.5f, 2, work);
    CHECK(on.device().stream().read_backs == before + 1);
    CHECK(selection.of_row.rows() == 10);
}

TEST_CASE("select_codes on a device: no rows", "[select_codes]") {
    Cuda on;
    Workspace<Cuda> work(on);
    const conformance::Held<Cuda> codes(on, 4, 3, 1);
    const CodeSelection<Cuda> selection = on.select_codes({}, codes.in(), 0.5f, 2, work);
    CHECK(selection.of_row.count() == 0);
    CHECK(selection.code.size == 0);
}

TEST_CASE("select_codes on a device: small sizes, for the thread sanitizer", "[select_codes][threads]") {
    Cuda on;
    conformance::select_codes_trials<float>(
        [&](const std::string& name, const conformance::SelectCodesTrial<float>& trial) {
            if (trial.rows > 10) return;
            INFO(name);
            conformance::require_close(trial.run(on), trial.naive(), 0);
        });
}
