// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/core/setting_list.hpp>
#include <coco/loss/smoothed_cross_entropy.hpp>

#include "conformance/objective.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

using Case = conformance::ObjectiveCase<loss::SmoothedCrossEntropy>;

Case smoothed(double epsilon) {
    loss::SmoothedCrossEntropy::Config config;
    config.epsilon = epsilon;
    return {loss::SmoothedCrossEntropy(config)};
}

}  // namespace

TEST_CASE("smoothed cross-entropy passes the conformance test of an objective", "[smoothed_cross_entropy]") {
    for (const double epsilon : {0.0, 0.1, 0.9}) conformance::objective(smoothed(epsilon).objective);
}

TEST_CASE("smoothed cross-entropy equals its formula", "[smoothed_cross_entropy]") {
    const Index rows = 7, items = Case::items, width = Case::width;
    const double epsilon = 0.3;
    const Case test = smoothed(epsilon);
    const auto inputs = conformance::loss_inputs(test, rows);
    double expected = 0;
    for (Index t = 0; t < rows; ++t) {
        std::vector<double> score(static_cast<std::size_t>(items), 0.0);
        double sum = 0;
        for (Index i = 0; i < items; ++i) {
            double& s = score[static_cast<std::size_t>(i)];
            for (Index j = 0; j < width; ++j)
                s += inputs[0][static_cast<std::size_t>(t * width + j)] *
                     inputs[1][static_cast<std::size_t>(i * width + j)];
            sum += std::exp(s);
        }
        for (Index i = 0; i < items; ++i) {
            const double q = epsilon / static_cast<double>(items) + (i == t * 7 % items ? 1 - epsilon : 0);
            expected -= q * (score[static_cast<std::size_t>(i)] - std::log(sum)) / static_cast<double>(rows);
        }
    }
    CHECK(conformance::loss_step<P>(test, inputs, rows, 1, 0).loss == Approx(expected).epsilon(1e-12));
}

TEST_CASE("smoothed cross-entropy: epsilon of 1 and more is refused", "[smoothed_cross_entropy]") {
    loss::SmoothedCrossEntropy::Config config;
    config.epsilon = 1;
    CHECK_THROWS_AS(check_settings(config, "smoothed"), Error);
}
